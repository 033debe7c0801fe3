import { type Clock, steadyClock, systemClock } from "../contracts/clock.ts";
import type { Logger } from "../contracts/logger.ts";
import type { KubeFetch } from "../kube/client.ts";
import { type ElectionState, electLeader, type LeaseTiming } from "../kube/lease_election.ts";
import { Cluster } from "./cluster.ts";
import type { AdapterConfig } from "./config.ts";
import { ElectionLog } from "./election_log.ts";
import { serveHealth } from "./health.ts";
import { Metrics } from "./metrics.ts";
import type { AdapterStatus } from "./readiness.ts";
import { Reporter } from "./reporter.ts";

/** The lease to agree on with the other adapters of the cluster. */
export interface AdapterLease {
  readonly namespace: string;
  readonly name: string;
  /** Names this process, and no other one ever. */
  readonly identity: string;
  readonly timing?: Partial<LeaseTiming>;
}

/** What the adapter needs of the world. */
export interface AdapterDependencies {
  /** The API server. */
  readonly client: { readonly fetch: KubeFetch };
  readonly log: Logger;
  /** Ends the adapter. */
  readonly signal: AbortSignal;
  /** Absent when no other adapter may show this cluster on the same flow: then it always posts. */
  readonly lease?: AdapterLease;
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
 * With a lease, all adapters of the cluster watch and one of them posts. The others hold the same
 * map, so that the next leader has nothing to fetch but what the router has.
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
  readonly #dependencies: AdapterDependencies;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #cluster: Cluster;
  readonly #reporter: Reporter;
  readonly #metrics = new Metrics();
  #election: ElectionState | undefined;

  constructor(config: AdapterConfig, dependencies: AdapterDependencies) {
    const { client, log, signal, clock = systemClock, random = Math.random } = dependencies;
    this.#config = config;
    this.#dependencies = dependencies;
    this.#log = log;
    this.#signal = signal;
    this.#reporter = new Reporter({
      config,
      log,
      clock,
      random,
      fetch: dependencies.fetch ?? fetch,
      readTextFile: dependencies.readTextFile ?? Deno.readTextFile,
      metrics: this.#metrics,
      catchUp: async (keys) => {
        await this.#cluster.catchUp(keys);
        this.#cluster.mapNow();
      },
    });
    this.#cluster = new Cluster({
      config,
      client,
      log,
      clock,
      random,
      metrics: this.#metrics,
      onMap: (map) => this.#reporter.set(map),
    });
  }

  async run(): Promise<void> {
    const { lease } = this.#dependencies;
    const { flowServerUrl, flowId, regionKey, namespaces, statusMapping } = this.#config;
    this.#log("INFO", "adapter started", {
      flowServerURL: flowServerUrl,
      flowID: flowId,
      regionKey,
      namespaces,
      statusMapping,
      ...(lease === undefined ? {} : {
        lease: `${lease.namespace}/${lease.name}`,
        identity: lease.identity,
      }),
    });
    // The last map has to be made before the outbox hears that it is the last.
    const watching = new AbortController();
    const posting = new AbortController();
    const stop = () => {
      if (watching.signal.aborted) return;
      watching.abort();
      this.#cluster.mapNow();
      posting.abort();
    };
    if (this.#signal.aborted) stop();
    this.#signal.addEventListener("abort", stop, { once: true });
    const parts = [
      this.#cluster.run(watching.signal),
      this.#report(posting.signal),
      this.#serveHealth(watching.signal),
    ];
    try {
      await Promise.all(parts);
    } finally {
      // One part that fails takes the others along, and none is left behind.
      this.#signal.removeEventListener("abort", stop);
      stop();
      await Promise.allSettled(parts);
      this.#cluster.stop();
    }
    this.#log("INFO", "adapter stopped", { inSync: this.#reporter.status?.inSync ?? false });
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { lease, client, clock, random } = this.#dependencies;
    if (lease === undefined) return await this.#reporter.run(signal);
    const say = new ElectionLog(this.#log, lease);
    await electLeader({
      ...lease,
      client,
      signal,
      clock: clock ?? steadyClock,
      wallClock: () => (clock ?? systemClock).now(),
      ...(random === undefined ? {} : { random }),
      lead: (term) => this.#reporter.run(signal, term),
      onState: (state) => {
        this.#election = state;
        say.tell(state);
      },
    });
  }

  async #serveHealth(signal: AbortSignal): Promise<void> {
    const { healthListenAddr } = this.#config;
    if (healthListenAddr === undefined) return;
    const status = () => this.#status();
    this.#metrics.observe(status);
    await serveHealth(
      healthListenAddr,
      { status, registry: this.#metrics.registry },
      signal,
      (addr) => {
        this.#log("INFO", "health listening", { addr });
        this.#dependencies.onHealthListen?.(addr);
      },
    );
  }

  #status(): AdapterStatus {
    const { lease } = this.#dependencies;
    const router = this.#reporter.status;
    return {
      kinds: this.#cluster.status,
      ...(router === undefined ? {} : { router }),
      ...(lease === undefined ? {} : {
        lease: {
          name: `${lease.namespace}/${lease.name}`,
          identity: lease.identity,
          ...(this.#election === undefined ? {} : { election: this.#election }),
        },
      }),
    };
  }
}
