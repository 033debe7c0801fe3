import { FakeClock } from "../../client/testing/fake_clock.ts";
import { MemoryRouter } from "../../client/testing/memory_router.ts";
import { settle } from "../../client/testing/settle.ts";
import type { Logger, LogLevel } from "../../contracts/logger.ts";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { LEASES } from "../../kube/lease.ts";
import { inProcessFetch } from "../../kube/testing/in_process.ts";
import type { ResourceDefinition } from "../../kube/testing/object_store.ts";
import type { AdapterConfig } from "../config.ts";
import { runAdapter } from "../run.ts";
import { FLUX_KINDS, type FluxKind } from "../flux/kinds.ts";
import type { RecordedEvent } from "../flux/testing/recording.ts";

/** A kind as Flux 2 serves it. */
export function fluxResource(kind: FluxKind, version = "v1"): ResourceDefinition {
  const resource = `${kind.toLowerCase().replace(/y$/, "ie")}s`;
  return { ...FLUX_KINDS[kind], version, resource, kind, namespaced: true };
}

export const RELEASES: ResourceDefinition = fluxResource("HelmRelease", "v2");
export const CHARTS: ResourceDefinition = fluxResource("HelmChart");

const LEASE: ResourceDefinition = { ...LEASES, kind: "Lease", namespaced: true };

export const CONFIG: AdapterConfig = {
  flowServerUrl: "http://router.test",
  flowId: "rollout",
  regionKey: "fsn1",
  namespaces: ["flux-system"],
  kinds: ["HelmRelease", "HelmChart"],
  emitInterval: 200,
  postTimeout: 10_000,
  statusMapping: "flux",
};

/** One line that an adapter logged. */
export interface LogLine extends Record<string, unknown> {
  readonly level: LogLevel;
  readonly msg: string;
}

/** What goes through between an adapter and the two servers; a request into the void hangs. */
export interface Network {
  api: "up" | "cut" | "void";
  router: "up" | "cut" | "void";
}

export interface StartOptions {
  /** Takes part in the election under this name; without one there is no election. */
  readonly identity?: string;
  /** What the router sees its requests as; the identity or the region when absent. */
  readonly client?: string;
  readonly onHealthListen?: (address: string) => void;
}

/** An adapter that runs in a {@linkcode ClusterWorld}. */
export interface RunningAdapter {
  readonly network: Network;
  readonly ended: Promise<void>;
  /** As SIGTERM does. */
  stop(): void;
}

/** A cluster, a router and a clock in memory, and adapters between them. */
export class ClusterWorld {
  readonly clock = new FakeClock();
  readonly router = new MemoryRouter("rollout", this.clock);
  readonly api = new FakeApiServer({ clock: this.clock });
  readonly lines: LogLine[] = [];
  readonly #running: RunningAdapter[] = [];

  constructor({ crds = [RELEASES, CHARTS] } = {}) {
    for (const crd of [...crds, LEASE]) this.api.store.register(crd);
  }

  readonly start = (
    config: Partial<AdapterConfig> = {},
    { identity, client, onHealthListen }: StartOptions = {},
  ): RunningAdapter => {
    const log: Logger = (level, msg, attributes) => {
      this.lines.push({ level, msg, ...attributes, ...(identity && { by: identity }) });
    };
    const abort = new AbortController();
    const name = client ?? identity ?? config.regionKey ?? CONFIG.regionKey;
    const network: Network = { api: "up", router: "up" };
    const ended = runAdapter({ ...CONFIG, ...config }, {
      client: { fetch: through(() => network.api, inProcessFetch(this.api.handle)) },
      log,
      signal: abort.signal,
      fetch: through(() => network.router, this.router.fetchAs(name)),
      clock: this.clock,
      random: () => 0.5,
      ...(identity === undefined
        ? {}
        : { lease: { namespace: "flux-system", name: "headrace-adapter-fsn1", identity } }),
      ...(onHealthListen === undefined ? {} : { onHealthListen }),
    });
    const running = { network, ended, stop: () => abort.abort() };
    this.#running.push(running);
    return running;
  };

  /** Lets time pass, one timer after the other, each with all that follows from it. */
  readonly elapse = async (milliseconds: number): Promise<void> => {
    const end = this.clock.now() + milliseconds;
    for (;;) {
      await this.#settle();
      const next = this.clock.nextTimer;
      if (next === undefined || this.clock.now() + next > end) break;
      this.clock.advance(next);
    }
    this.clock.advance(end - this.clock.now());
    await this.#settle();
  };

  /** Does to the cluster what a recording says. */
  apply({ event: { type, object } }: RecordedEvent): void {
    const resource = object.kind === "HelmRelease" ? RELEASES : CHARTS;
    const { name, namespace } = object.metadata;
    if (type === "DELETED") this.api.store.remove(resource, name, namespace);
    else this.api.store.put(resource, { ...object });
  }

  readonly put = (object: Record<string, unknown>): void => {
    this.api.store.put(RELEASES, object as never);
  };

  readonly messages = (msg: string): LogLine[] => {
    return this.lines.filter((line) => line.msg === msg);
  };

  /** Ends the adapters. */
  readonly stop = async (): Promise<void> => {
    for (const adapter of this.#running) adapter.stop();
    // The grace of the last post, and of the request that gives the lease back.
    for (let turn = 0; turn < 30; turn++) await this.elapse(100);
    await Promise.all(this.#running.map(({ ended }) => ended));
    this.api.close();
  };

  async #settle(): Promise<void> {
    // A watch hands its events on through two streams, a few turns each.
    do {
      await settle();
      await settle();
    } while (this.router.busy > 0);
  }
}

function through<T, I extends { signal?: AbortSignal | null }>(
  network: () => Network["api"],
  fetch: (to: T, init?: I) => Promise<Response>,
): (to: T, init?: I) => Promise<Response> {
  return async (to, init) => {
    if (network() === "cut") throw new TypeError("network is unreachable");
    if (network() === "up") return await fetch(to, init);
    return await new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  };
}

/** Runs a test in a world of its own and ends what it started. */
export async function inCluster(
  test: (world: ClusterWorld) => Promise<void>,
  options?: ConstructorParameters<typeof ClusterWorld>[0],
): Promise<void> {
  const world = new ClusterWorld(options);
  try {
    await test(world);
  } finally {
    await world.stop();
  }
}
