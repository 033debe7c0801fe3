import { type Clock, sleep, systemClock } from "../../contracts/clock.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { BindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import type { Condition } from "../../contracts/transport/object_meta.ts";
import { parse } from "../../contracts/transport/parse.ts";
import { transportBindingSchema } from "../../contracts/transport/resources.ts";
import { createKubeClient, type KubeFetch } from "../../kube/client.ts";
import { loadClusterConfig } from "../../kube/config.ts";
import { KubeError } from "../../kube/errors.ts";
import { getObject } from "../../kube/get_object.ts";
import { ObjectWriter } from "../../kube/object_writer.ts";
import { bindingReport, type Phase } from "./binding_report.ts";
import { announcedCapabilities, type Capabilities } from "./capabilities.ts";

const GVR = {
  group: "transport.bubustack.io",
  version: "v1alpha1",
  resource: "transportbindings",
} as const;
/** Times that a report is tried when others write at the same moment. */
const CONFLICTS = 5;
const RETRY_MS = 1_000;
/** At the end, how long the API server is waited for. */
const LAST_WORD_MS = 3_000;

export interface ReporterOptions {
  readonly client: { readonly fetch: KubeFetch; close?(): void };
  readonly envelope: BindingEnvelope;
  /** Milliseconds between reports. */
  readonly interval: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** What is counted of the reports, for metrics. */
export interface ReporterCounts {
  readonly patches: number;
  readonly failures: number;
  /** Ends of the loop that reports: one, once the connector stops. */
  readonly exits: number;
  /** Written for the first time, by field. */
  readonly changes: ReadonlyMap<string, number>;
}

/** Tells the TransportBinding of a step that its connector is there. */
export class BindingReporter implements ReporterCounts {
  patches = 0;
  failures = 0;
  exits = 0;
  readonly changes = new Map<string, number>();
  readonly #options: ReporterOptions;
  readonly #clock: Clock;
  readonly #writer: ObjectWriter;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #last: Condition | undefined;
  #complaint = "";
  #observed: () => Capabilities = () => ({});

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#writer = new ObjectWriter({
      client: options.client,
      fieldManager: "headrace-connector",
      clock: this.#clock,
    });
  }

  /**
   * The connector is up: from here on it is reported, at each interval anew.
   *
   * @param observed codecs that were seen by the time of a report
   */
  start(observed: () => Capabilities): void {
    this.#observed = observed;
    this.#running ??= this.#run();
  }

  /** Says that the connector is gone, unless another one has reported since. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("the connector is shutting down"));
    await this.#running;
    if (this.#last !== undefined) await this.#say("closing", AbortSignal.timeout(LAST_WORD_MS));
    this.#options.client.close?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let phase: Phase = "ready";
    let failures = 0;
    while (!signal.aborted) {
      const said = await this.#say(phase, signal);
      failures = said ? 0 : failures + 1;
      if (said) phase = "heartbeat";
      const { interval } = this.#options;
      await sleep(
        this.#clock,
        said ? interval : Math.min(interval, RETRY_MS * 2 ** (failures - 1)),
        signal,
      );
    }
    this.exits++;
  }

  /** One report; a failure is counted and logged, and no reason to stop carrying packets. */
  async #say(phase: Phase, signal: AbortSignal): Promise<boolean> {
    try {
      const done = await this.#report(phase, signal);
      this.#complaint = "";
      return done;
    } catch (error) {
      if (this.#stop.signal.aborted && phase !== "closing") return false;
      this.failures++;
      const code = error instanceof KubeError ? error.code : "bad-response";
      // The same again and again is said once.
      if (code !== this.#complaint) {
        this.#options.logger("WARN", "the TransportBinding cannot be told", {
          code,
          err: error,
          ...(code === "forbidden"
            ? { hint: "the ServiceAccount needs get on transportbindings and patch on its status" }
            : {}),
        });
      }
      this.#complaint = code;
      return false;
    }
  }

  /** False when there is no such binding: it may be made yet. */
  async #report(phase: Phase, signal: AbortSignal): Promise<boolean> {
    const { client, envelope: { name, namespace, binding: info } } = this.#options;
    const address = { gvr: GVR, name, namespace };
    for (let attempt = 1;; attempt++) {
      const object = await getObject(address, { client, signal, clock: this.#clock });
      if (object === undefined) return false;
      const binding = parse(transportBindingSchema, object, "TransportBinding");
      const capabilities = { announced: announcedCapabilities(info), observed: this.#observed() };
      const status = bindingReport(binding, capabilities, phase, this.#clock.now(), this.#last);
      if (status === undefined) return true;
      try {
        await this.#writer.mergePatch(address, object.metadata.resourceVersion ?? "", { status }, {
          signal,
          subresource: "status",
        });
      } catch (error) {
        const moved = error instanceof KubeError && error.code === "conflict";
        if (!moved || attempt >= CONFLICTS) throw error;
        continue;
      }
      this.patches++;
      this.#last = status.conditions.find(({ type }) => type === "Ready");
      for (const field of Object.keys(status).filter((key) => key.startsWith("negotiated"))) {
        this.changes.set(field, (this.changes.get(field) ?? 0) + 1);
      }
      return true;
    }
  }
}

/**
 * A reporter with the credentials of the pod, or of the file that `KUBECONFIG` names; undefined
 * where there is no cluster. `~/.kube/config` does not count: a connector on somebody's machine must
 * not write into the cluster that this somebody happens to use.
 */
export async function openReporter(
  options: Omit<ReporterOptions, "client">,
  env: (name: string) => string | undefined,
): Promise<BindingReporter | undefined> {
  try {
    const config = await loadClusterConfig({
      env: (name) => name === "HOME" ? undefined : env(name),
    });
    const client = createKubeClient(config, { userAgent: "headrace-connector" });
    return new BindingReporter({ ...options, client });
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== "invalid-config") throw error;
    options.logger("INFO", "no reports to a TransportBinding", { reason: error.message });
    return undefined;
  }
}
