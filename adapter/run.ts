import { Outbox } from "../client/outbox.ts";
import type { OutboxEvent } from "../client/outbox_options.ts";
import type { Logger } from "../contracts/logger.ts";
import type { KubeFetch } from "../kube/client.ts";
import { type Clock, systemClock } from "../kube/clock.ts";
import type { ReflectorState } from "../kube/reflector.ts";
import type { GroupVersionResource } from "../kube/resources.ts";
import type { AdapterConfig } from "./config.ts";
import { flowOf } from "./flux/flow_object.ts";
import { readHelmChart } from "./flux/helm_chart.ts";
import { readHelmRelease } from "./flux/helm_release.ts";
import { mapRegion, type RegionMap } from "./flux/map_region.ts";
import { ownershipOf } from "./flux/ownership.ts";
import { isRegionNode } from "./flux/region_node.ts";
import { serveHealth } from "./health.ts";
import type { AdapterStatus } from "./readiness.ts";
import { transitions } from "./transitions.ts";
import { WatchedKind, type WatchedKindOptions } from "./watched_kind.ts";

/** What is watched, as Flux 2 serves it. */
export const HELM_RELEASES: GroupVersionResource = {
  group: "helm.toolkit.fluxcd.io",
  version: "v2",
  resource: "helmreleases",
};
export const HELM_CHARTS: GroupVersionResource = {
  group: "source.toolkit.fluxcd.io",
  version: "v1",
  resource: "helmcharts",
};

/** One map serves the events of this many milliseconds; the interval between posts is another. */
const MAP_DELAY = 50;

/** What the adapter needs of the world. */
export interface AdapterDependencies {
  /** The API server. */
  readonly client: { readonly fetch: KubeFetch };
  readonly log: Logger;
  /** Ends the adapter. */
  readonly signal: AbortSignal;
  /** For the router. */
  readonly fetch?: typeof fetch;
  readonly readTextFile?: (path: string) => Promise<string>;
  readonly clock?: Clock;
  /** Gives numbers in [0, 1). */
  readonly random?: () => number;
  /** Told where the probes are served, with the real port when 0 was asked for. */
  readonly onHealthListen?: (address: string) => void;
}

/**
 * Shows one cluster on a router until the signal aborts; then posts what is still to be posted,
 * briefly, and resolves. Uses nothing of the process: several run beside each other in one.
 *
 * @throws {Error} when the address for the probes cannot be had
 */
export async function runAdapter(
  config: AdapterConfig,
  dependencies: AdapterDependencies,
): Promise<void> {
  await new Adapter(config, dependencies).run();
}

class Adapter {
  readonly #config: AdapterConfig;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #releases;
  readonly #charts;
  readonly #onHealthListen: (address: string) => void;
  #map: RegionMap | undefined;
  #cancelMapping: (() => void) | undefined;
  /** What was last reported about the router, so that it is said once. */
  #trouble: string | undefined;

  constructor(config: AdapterConfig, dependencies: AdapterDependencies) {
    const { client, log, signal, clock = systemClock, random = Math.random } = dependencies;
    this.#config = config;
    this.#log = log;
    this.#signal = signal;
    this.#clock = clock;
    this.#onHealthListen = dependencies.onHealthListen ?? (() => {});
    const { flowId, regionKey, flowTokenFile, namespaces } = config;
    const readTextFile = dependencies.readTextFile ?? Deno.readTextFile;
    this.#outbox = new Outbox({
      url: config.flowServerUrl,
      flowId,
      owns: ownershipOf(flowId, regionKey),
      flowRule: {
        watches: isRegionNode,
        derive: (nodes, current) => flowOf(flowId, nodes, current),
      },
      ...(flowTokenFile === undefined ? {} : {
        token: async () => (await readTextFile(flowTokenFile)).trim(),
      }),
      emitInterval: config.emitInterval,
      timeout: config.postTimeout,
      ...(dependencies.fetch === undefined ? {} : { fetch: dependencies.fetch }),
      clock,
      random,
      onEvent: (event) => this.#onOutbox(event),
    });
    const watched = <T>(
      kind: string,
      gvr: GroupVersionResource,
      read: WatchedKindOptions<T>["read"],
    ) =>
      new WatchedKind({
        kind,
        gvr,
        read,
        namespaces,
        client,
        clock,
        random,
        onChange: () => this.#scheduleMapping(),
        onState: this.#stateLogger(kind),
      });
    this.#releases = watched("HelmRelease", HELM_RELEASES, readHelmRelease);
    this.#charts = watched("HelmChart", HELM_CHARTS, readHelmChart);
  }

  async run(): Promise<void> {
    const { flowServerUrl, flowId, regionKey, namespaces, statusMapping, healthListenAddr } =
      this.#config;
    this.#log("INFO", "adapter started", {
      flowServerURL: flowServerUrl,
      flowID: flowId,
      regionKey,
      namespaces,
      statusMapping,
    });
    // The last map has to be made before the outbox hears that it is the last.
    const watching = new AbortController();
    const posting = new AbortController();
    const stop = () => {
      if (watching.signal.aborted) return;
      watching.abort();
      this.#mapNow();
      posting.abort();
    };
    if (this.#signal.aborted) stop();
    this.#signal.addEventListener("abort", stop, { once: true });
    const parts = [
      this.#releases.run(watching.signal),
      this.#charts.run(watching.signal),
      this.#outbox.run(posting.signal),
      ...(healthListenAddr === undefined ? [] : [
        serveHealth(healthListenAddr, () => this.#status(), watching.signal, (addr) => {
          this.#log("INFO", "health listening", { addr });
          this.#onHealthListen(addr);
        }),
      ]),
    ];
    try {
      await Promise.all(parts);
    } finally {
      // One part that fails takes the others along, and none is left behind.
      this.#signal.removeEventListener("abort", stop);
      stop();
      await Promise.allSettled(parts);
      this.#cancelMapping?.();
    }
    this.#log("INFO", "adapter stopped", { inSync: this.#outbox.status.inSync });
  }

  #status(): AdapterStatus {
    return {
      helmRelease: this.#releases.status,
      helmChart: this.#charts.status,
      router: this.#outbox.status,
    };
  }

  #scheduleMapping(): void {
    this.#cancelMapping ??= this.#clock.after(MAP_DELAY, () => this.#mapNow());
  }

  #mapNow(): void {
    this.#cancelMapping?.();
    this.#cancelMapping = undefined;
    // Half a list would look like so many deletions.
    if (!this.#releases.isSynced) return;
    const next = mapRegion(
      { releases: this.#releases.objects, charts: this.#charts.objects },
      this.#config,
      this.#map?.releases,
    );
    if (this.#map === undefined) {
      this.#log("INFO", "HelmReleases synced", { ...countsOf(next) });
    } else {
      for (const { node, ...change } of transitions(this.#map.releases, next.releases)) {
        this.#log("INFO", "release status", { node, ...change });
      }
    }
    this.#map = next;
    this.#outbox.set(next);
  }

  /** Says what is wrong with a watch once, and when it is over. */
  #stateLogger(kind: string): (namespace: string | undefined, state: ReflectorState) => void {
    const said = new Map<string | undefined, string>();
    return (namespace, { error, retryAt }) => {
      const where = { kind, ...(namespace === undefined ? {} : { namespace }) };
      if (error === undefined) {
        if (said.delete(namespace)) this.#log("INFO", "watch recovered", where);
        return;
      }
      if (said.get(namespace) === error.code || retryAt === undefined) return;
      said.set(namespace, error.code);
      const retryIn = Math.round(retryAt - this.#clock.now());
      this.#log("WARN", "watch failing, will retry", {
        ...where,
        code: error.code,
        err: error.message,
        retryInMs: retryIn,
      });
    };
  }

  #onOutbox(event: OutboxEvent): void {
    switch (event.type) {
      case "posted":
        return;
      case "recovered":
        this.#trouble = undefined;
        return this.#log("INFO", "router answers again");
      case "resync":
        return this.#log("WARN", "router lost our part, posting it again", {
          reason: event.reason,
        });
      case "failed": {
        const { error, retryIn } = event;
        if (this.#trouble === error.message) return;
        this.#trouble = error.message;
        this.#log(error.isRefusal ? "ERROR" : "WARN", "router request failed, will retry", {
          code: error.code,
          err: error.message,
          retryInMs: Math.round(retryIn),
        });
      }
    }
  }
}

function countsOf({ nodes }: RegionMap): Record<string, unknown> {
  const counts = nodes[0]?.meta?.["counts"];
  return typeof counts === "object" && counts !== null ? { ...counts } : {};
}
