import { systemClock } from "../contracts/clock.ts";
import type { Logger } from "../contracts/logger.ts";
import type { KubeFetch } from "../kube/client.ts";
import { type ElectionState, electLeader, type Term } from "../kube/lease_election.ts";
import { ObjectWriter } from "../kube/object_writer.ts";
import { watchLogger } from "../kube/watch_logger.ts";
import { RunReporter } from "./flow/run_reporter.ts";
import { readCertificate } from "./certificate_files.ts";
import { answerNode, metrics, probes, type Route, serve } from "./http.ts";
import { MetricsAccess } from "./metrics_access.ts";
import { Controller } from "./runtime/controller.ts";
import { EventRecorder } from "./runtime/event_recorder.ts";
import { OperatorMetrics } from "./runtime/metrics.ts";
import { serveTls } from "./serve_tls.ts";
import { type OperatorSettings, shownAddress } from "./settings.ts";
import { watchSettings } from "./settings_watch.ts";
import { TransportCaches } from "./transport/caches.ts";
import type { ReflectorState } from "../kube/reflector.ts";
import { HubMembers } from "./transport/hub_members.ts";
import { hubEndpoint, peerHost } from "./transport/hub_address.ts";
import { TransportReconciler } from "./transport/reconciler.ts";
import { TransportMetrics } from "./transport/transport_metrics.ts";
import { admitPod } from "./webhook/admission.ts";
import { countAdmissions } from "./webhook/admission_metrics.ts";
import { lookupIn } from "./webhook/lookup.ts";
import { serveWebhook } from "./webhook/serve_webhook.ts";

/** Names us in `managedFields`, and as the source of Events. */
export const FIELD_MANAGER = "headrace-operator";

/** What the operator needs of the world. */
export interface OperatorDependencies {
  /** The API server. */
  readonly client: { readonly fetch: KubeFetch };
  /** Where the Lease is when the settings do not say. */
  readonly namespace: string;
  readonly log: Logger;
  /** Ends the operator. */
  readonly signal: AbortSignal;
  /** Told where something is served, with the real port when 0 was asked for. */
  readonly onListen?: (what: "health" | "metrics" | "webhook", address: string) => void;
  readonly readTextFile?: (path: string) => Promise<string>;
  /** Reads the settings anew; without it they stay as they are. */
  readonly readSettings?: (signal: AbortSignal) => Promise<OperatorSettings>;
}

/**
 * Reconciles until the signal aborts; then ends what is under way, gives the lease back and
 * resolves. Uses nothing of the process: several run beside each other in one.
 *
 * @throws {Error} when an address to serve on cannot be had
 */
export async function runOperator(
  settings: OperatorSettings,
  dependencies: OperatorDependencies,
): Promise<void> {
  await new Operator(settings, dependencies).run();
}

class Operator {
  readonly #settings: OperatorSettings;
  readonly #dependencies: OperatorDependencies;
  readonly #identity: string;
  readonly #caches: TransportCaches;
  readonly #metrics = new OperatorMetrics();
  readonly #controller: Controller;
  /** Undefined when runs are shown nowhere. */
  readonly #reporter: RunReporter | undefined;
  /** Undefined when runs are not pinned to one of several hubs. */
  readonly #hubs: HubMembers | undefined;
  readonly #synced = Promise.withResolvers<void>();
  /** What pods get from now on. */
  #connector: OperatorSettings["connector"];
  #term: Term | undefined;
  #election: ElectionState | undefined;

  constructor(settings: OperatorSettings, dependencies: OperatorDependencies) {
    const { client, log } = dependencies;
    this.#settings = settings;
    this.#connector = settings.connector;
    this.#dependencies = dependencies;
    const logWatch = watchLogger(log);
    // Two processes must never share a name: a pod's containers do, and so may a replaced pod.
    this.#identity = `${settings.podName ?? FIELD_MANAGER}_${crypto.randomUUID().slice(0, 8)}`;
    const onState = (kind: string, state: ReflectorState) => {
      if (this.#informers.every(({ isSynced }) => isSynced)) this.#synced.resolve();
      logWatch(kind, state);
    };
    const { members, clusterDomain } = settings.hub;
    this.#hubs = members && new HubMembers({
      service: { ...members, clusterDomain },
      client,
      onState: (state) => onState("EndpointSlice", state),
    });
    this.#caches = new TransportCaches({ client, namespace: settings.watchNamespace, onState });
    const writer = new ObjectWriter({ client, fieldManager: FIELD_MANAGER });
    const { reconcile } = new TransportReconciler({
      caches: this.#caches,
      writer,
      recorder: new EventRecorder({
        writer,
        reportingController: `bubustack.io/${FIELD_MANAGER}`,
        reportingInstance: this.#identity,
        log,
      }),
      log,
      monitor: new TransportMetrics(this.#metrics.registry),
      isInCharge: () => this.#isInCharge(),
      hubEndpoint: (namespace) => hubEndpoint(settings.hub, namespace),
      peerHost: (stepRun, namespace) => peerHost(settings.hub, stepRun, namespace),
      ...this.#hubs && { readyHubs: () => this.#hubs?.ready ?? [] },
    });
    this.#controller = new Controller({
      kind: "StoryRun",
      reconcile,
      workers: settings.workers,
      monitor: this.#metrics,
      log,
    });
    this.#reporter = this.#runReporter();
    this.#metrics.observe([this.#controller], this.#informers);
    this.#metrics.observeLeader(() => this.#isInCharge());
  }

  get #informers() {
    return [...this.#caches.all, ...this.#hubs === undefined ? [] : [this.#hubs.informer]];
  }

  async run(): Promise<void> {
    const { log, signal } = this.#dependencies;
    const { healthAddress, metricsAddress, metricsTls, leaderElect, watchNamespace, hub } =
      this.#settings;
    log("INFO", "operator started", {
      identity: this.#identity,
      namespace: watchNamespace ?? "all",
      leaderElect,
      hub: hubEndpoint(hub, "<namespace>"),
      health: shownAddress(healthAddress),
      metrics: shownAddress(metricsAddress),
      metricsSecure: metricsTls !== undefined,
      router: this.#settings.router?.url ?? "off",
    });
    const stop = new AbortController();
    const abort = () => stop.abort();
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    // The probes answer until the last moment, so that a slow end is not taken for a dead process.
    const serving = new AbortController();
    const parts = [
      this.#caches.run(stop.signal),
      this.#hubs?.informer.run(stop.signal),
      this.#lead(stop.signal),
      this.#watchSettings(stop.signal),
    ];
    const servers = [
      this.#serve("health", healthAddress, [probes(() => this.#status())], serving.signal),
      this.#serveMetrics(serving.signal),
      this.#serveWebhook(serving.signal),
    ];
    const all = Promise.all(parts);
    try {
      await Promise.race([all, ...servers.map((server) => server.then(() => all))]);
    } finally {
      // One part that fails takes the others along, and none is left behind.
      signal.removeEventListener("abort", abort);
      abort();
      await Promise.allSettled(parts);
      serving.abort();
      await Promise.allSettled(servers);
    }
    log("INFO", "operator stopped");
  }

  async #serve(
    what: "health" | "metrics",
    address: OperatorSettings["healthAddress"],
    routes: readonly Route[],
    signal: AbortSignal,
  ): Promise<void> {
    if (address === undefined) return;
    await serve(address, routes, signal, (addr) => this.#listens(what, addr));
  }

  #listens(what: "health" | "metrics" | "webhook", addr: string): void {
    this.#dependencies.log("INFO", `${what} listening`, { addr });
    this.#dependencies.onListen?.(what, addr);
  }

  async #serveMetrics(signal: AbortSignal): Promise<void> {
    const { metricsAddress: address, metricsTls } = this.#settings;
    const { registry } = this.#metrics;
    if (address === undefined) return;
    if (metricsTls === undefined) {
      return await this.#serve("metrics", address, [metrics(registry)], signal);
    }
    const { client, log, readTextFile = Deno.readTextFile } = this.#dependencies;
    const access = new MetricsAccess({ client, log, signal });
    await serveTls({
      what: "metrics",
      address,
      readCertificate: () => readCertificate("metrics", metricsTls, readTextFile),
      handle: answerNode([metrics(registry, access.refusal)]),
      log,
      signal,
      onListen: (addr) => this.#listens("metrics", addr),
    });
  }

  /** The connector's image counts from the next pod on; the rest needs a restart, and that is said. */
  async #watchSettings(signal: AbortSignal): Promise<void> {
    const { readSettings, log } = this.#dependencies;
    if (readSettings === undefined) return;
    const { connector: _, ...fixed } = this.#settings;
    await watchSettings(this.#settings, {
      read: readSettings,
      log,
      clock: systemClock,
      signal,
      onChange: ({ connector, ...rest }) => {
        this.#connector = connector;
        log("INFO", "settings changed", { ...connector });
        if (JSON.stringify(rest) === JSON.stringify(fixed)) return;
        log("WARN", "settings changed that need a restart");
      },
    });
  }

  #runReporter(): RunReporter | undefined {
    const { router, watchNamespace } = this.#settings;
    if (router === undefined) return undefined;
    const { log, readTextFile = Deno.readTextFile } = this.#dependencies;
    const { url, tokenFile, cluster } = router;
    return new RunReporter({
      caches: this.#caches,
      scope: { cluster },
      namespace: watchNamespace,
      router: {
        url,
        ...(tokenFile === undefined
          ? {}
          : { token: async () => (await readTextFile(tokenFile)).trim() }),
      },
      log,
    });
  }

  /** On every replica, leader or not: pods do not wait for an election. */
  async #serveWebhook(signal: AbortSignal): Promise<void> {
    const { webhook, hub } = this.#settings;
    const { client, log, readTextFile = Deno.readTextFile } = this.#dependencies;
    if (webhook === undefined) return;
    if (this.#connector.image === "") {
      log("WARN", "no connector image is set: pods get no connector");
    }
    const lookup = lookupIn(this.#caches, { client, signal });
    const addresses = {
      hubEndpoint: (namespace: string) => hubEndpoint(hub, namespace),
      peerHost: (stepRun: string, namespace: string) => peerHost(hub, stepRun, namespace),
    };
    await serveWebhook({
      address: webhook.address,
      readCertificate: () => readCertificate("webhook", webhook, readTextFile),
      admit: countAdmissions(
        (request) => admitPod(request, { ...this.#connector, ...addresses }, lookup),
        this.#metrics.registry,
      ),
      log,
      signal,
      onListen: (addr) => this.#listens("webhook", addr),
    });
  }

  #isInCharge(): boolean {
    return this.#term?.isHeld() ?? !this.#settings.leaderElect;
  }

  #status() {
    return { caches: this.#informers, election: this.#election };
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { leaderElect, leaseName, leaseDuration, podNamespace } = this.#settings;
    const { client, namespace, log } = this.#dependencies;
    if (!leaderElect) return await this.#work(signal);
    await electLeader({
      client,
      namespace: podNamespace ?? namespace,
      name: leaseName,
      identity: this.#identity,
      // In the proportions of client-go's 15, 10 and 2 seconds.
      timing: {
        durationMs: leaseDuration,
        renewDeadlineMs: leaseDuration * 2 / 3,
        retryMs: leaseDuration * 2 / 15,
      },
      signal,
      lead: async (term) => {
        this.#term = term;
        await this.#work(AbortSignal.any([term.signal, signal]));
      },
      onState: (state) => {
        const before = this.#election;
        this.#election = state;
        if (before?.role !== state.role) log("INFO", "election", { role: state.role });
        if (state.error !== undefined && before?.error?.message !== state.error.message) {
          log("WARN", "lease cannot be used", { code: state.error.code, err: state.error.message });
        }
      },
    });
  }

  /** Half a list would look like so many missing Stories: nothing is done before all is known. */
  async #work(signal: AbortSignal): Promise<void> {
    const ended = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    if (signal.aborted) return;
    await Promise.race([this.#synced.promise, ended.promise]);
    if (signal.aborted) return;
    this.#dependencies.log("INFO", "reconciling", {
      objects: Object.fromEntries(
        this.#informers.map(({ kind, status }) => [kind, status.objects]),
      ),
    });
    const enqueueAll = () => {
      for (const key of this.#caches.runs.keys) this.#controller.enqueue(key);
    };
    const stops = [
      this.#caches.onRunChange((key, delayMs) => this.#controller.enqueue(key, delayMs)),
      this.#hubs?.onChange(() => {
        this.#dependencies.log("INFO", "hubs", { ready: this.#hubs?.ready });
        enqueueAll();
      }),
    ];
    try {
      enqueueAll();
      await Promise.all([this.#controller.run(signal), this.#reporter?.run(signal)]);
    } finally {
      for (const stop of stops) stop?.();
    }
  }
}
