import type { Clock } from "../contracts/clock.ts";
import { Outbox } from "../client/outbox.ts";
import type { OutboxEvent, OutboxStatus } from "../client/outbox_options.ts";
import type { FlowPart } from "../client/outbox_part.ts";
import type { FlowState } from "../contracts/fold.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Term } from "../kube/lease_election.ts";
import type { AdapterConfig } from "./config.ts";
import { flowOf } from "./flux/flow_object.ts";
import { ownershipOf } from "./flux/ownership.ts";
import type { RegionMap } from "./flux/map_region.ts";
import { compareWithRouter } from "./flux/region_freshness.ts";
import { isRegionNode } from "../contracts/region.ts";
import type { Metrics } from "./metrics.ts";

export interface ReporterOptions {
  readonly config: AdapterConfig;
  readonly log: Logger;
  readonly fetch: typeof fetch;
  readonly readTextFile: (path: string) => Promise<string>;
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  /** Lists these keys again, and resolves when that is complete. */
  readonly catchUp: (keys: readonly string[]) => Promise<void>;
}

/**
 * Keeps the router's copy equal to the map, for as long as this adapter is the one to do so. Each
 * term has an outbox of its own: whoever posted meanwhile, nothing is known of the router when a
 * term begins.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  #outbox: Outbox<RegionMap> | undefined;
  #desired: RegionMap | undefined;
  /** What the router is ahead of us by, while we list again. */
  #catchingUp: string | undefined;
  /**
   * What a list has proved to be of a cluster that is no more. It counts for one round of posts,
   * because the new cluster may come to the same versions.
   */
  #disproved: string | undefined;
  /** What was last reported about the router, so that it is said once. */
  #trouble: string | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Absent while another adapter reports. */
  get status(): OutboxStatus | undefined {
    return this.#outbox?.status;
  }

  /** Says what the router shall have from now on. */
  set(map: RegionMap): void {
    this.#desired = map;
    this.#outbox?.set(map);
  }

  /**
   * Posts until `signal` aborts, and then what is still to be posted; or until the term is over,
   * and then nothing more.
   */
  async run(signal: AbortSignal, term?: Term): Promise<void> {
    const outbox = this.#open(term);
    this.#outbox = outbox;
    if (this.#desired !== undefined) outbox.set(this.#desired);
    try {
      await outbox.run(signal, term === undefined ? {} : { cut: term.signal });
    } finally {
      // What it knew of the router when the adapter ended stays to be told.
      if (!signal.aborted) this.#outbox = undefined;
      this.#trouble = undefined;
    }
  }

  #open(term: Term | undefined): Outbox<RegionMap> {
    const { config, clock, random, readTextFile, fetch } = this.#options;
    const { flowId, regionKey, flowTokenFile } = config;
    return new Outbox<RegionMap>({
      url: config.flowServerUrl,
      flowId,
      owns: ownershipOf(flowId, regionKey),
      flowRule: {
        watches: isRegionNode,
        derive: (nodes, current) => flowOf(flowId, nodes, current),
      },
      freshness: (map, known) => this.#fresh(map, known),
      ...(flowTokenFile === undefined ? {} : {
        token: async () => (await readTextFile(flowTokenFile)).trim(),
      }),
      emitInterval: config.emitInterval,
      timeout: config.postTimeout,
      fetch: term === undefined ? fetch : fencedFetch(fetch, term),
      clock,
      random,
      onEvent: (event) => this.#onEvent(event),
    });
  }

  /**
   * Holds a map back that was made of older knowledge than the router's copy, and has what it is
   * behind by listed again. A list is read from the quorum: when one that began after we saw the
   * router's versions does not reach them, then they are of an etcd that is no more, because the
   * cluster was built anew or restored from a backup.
   */
  #fresh(map: RegionMap, known: FlowState): FlowPart | undefined {
    const compared = compareWithRouter(map, known);
    if ("part" in compared) {
      this.#disproved = undefined;
      return compared.part;
    }
    const versions = JSON.stringify(compared.versions);
    if (versions === this.#disproved) return map;
    if (versions !== this.#catchingUp) this.#catchUp(compared.behind, versions);
    return undefined;
  }

  async #catchUp(keys: readonly string[], versions: string): Promise<void> {
    const { log, catchUp } = this.#options;
    this.#catchingUp = versions;
    log("WARN", "router has a later state, listing again", { behind: keys });
    await catchUp(keys);
    if (this.#catchingUp !== versions) return;
    this.#catchingUp = undefined;
    this.#disproved = versions;
    if (this.#desired !== undefined) this.set(this.#desired);
  }

  #onEvent(event: OutboxEvent): void {
    const { log, metrics } = this.#options;
    metrics.outbox(event);
    if (event.type === "posted" || event.type === "failed") this.#disproved = undefined;
    switch (event.type) {
      case "posted":
      case "behind":
        return;
      case "recovered":
        this.#trouble = undefined;
        return log("INFO", "router answers again");
      case "resync":
        return log("WARN", "router lost our part, posting it again", { reason: event.reason });
      case "failed": {
        const { error, retryIn } = event;
        if (this.#trouble === error.message) return;
        this.#trouble = error.message;
        log(error.isRefusal ? "ERROR" : "WARN", "router request failed, will retry", {
          code: error.code,
          err: error.message,
          retryInMs: Math.round(retryIn),
        });
      }
    }
  }
}

/**
 * Sends nothing when the lease is not held at that moment. The term's signal alone would not do: in
 * a process that was frozen an answer may be handled, and the next post sent, before the timer that
 * ends the term.
 */
function fencedFetch(fetch: typeof globalThis.fetch, term: Term): typeof globalThis.fetch {
  return (input, init) =>
    term.isHeld() ? fetch(input, init) : Promise.reject(new Error("the lease is not held"));
}
