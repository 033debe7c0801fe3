import { FakeClock } from "../../client/testing/fake_clock.ts";
import { MemoryRouter } from "../../client/testing/memory_router.ts";
import { settle } from "../../client/testing/settle.ts";
import type { Logger, LogLevel } from "../../contracts/logger.ts";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { inProcessFetch } from "../../kube/testing/in_process.ts";
import type { ResourceDefinition } from "../../kube/testing/object_store.ts";
import type { AdapterConfig } from "../config.ts";
import { HELM_CHARTS, HELM_RELEASES, runAdapter } from "../run.ts";
import type { RecordedEvent } from "../flux/testing/recording.ts";

export const RELEASES: ResourceDefinition = {
  ...HELM_RELEASES,
  kind: "HelmRelease",
  namespaced: true,
};
export const CHARTS: ResourceDefinition = { ...HELM_CHARTS, kind: "HelmChart", namespaced: true };

export const CONFIG: AdapterConfig = {
  flowServerUrl: "http://router.test",
  flowId: "rollout",
  regionKey: "fsn1",
  namespaces: ["flux-system"],
  emitInterval: 200,
  postTimeout: 10_000,
  statusMapping: "flux",
};

/** One line that an adapter logged. */
export interface LogLine extends Record<string, unknown> {
  readonly level: LogLevel;
  readonly msg: string;
}

/** A cluster, a router and a clock in memory, and adapters between them. */
export class ClusterWorld {
  readonly clock = new FakeClock();
  readonly router = new MemoryRouter("rollout", this.clock);
  readonly api = new FakeApiServer({ clock: this.clock });
  readonly lines: LogLine[] = [];
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>[] = [];

  constructor({ crds = [RELEASES, CHARTS] } = {}) {
    for (const crd of crds) this.api.store.register(crd);
  }

  readonly start = (
    config: Partial<AdapterConfig> = {},
    onHealthListen?: (address: string) => void,
  ): void => {
    const log: Logger = (level, msg, attributes) => {
      this.lines.push({ level, msg, ...attributes });
    };
    const ended = runAdapter({ ...CONFIG, ...config }, {
      client: { fetch: inProcessFetch(this.api.handle) },
      log,
      signal: this.#stop.signal,
      fetch: this.router.fetchAs(config.regionKey ?? CONFIG.regionKey),
      clock: this.clock,
      random: () => 0.5,
      ...(onHealthListen === undefined ? {} : { onHealthListen }),
    });
    this.#ended.push(ended);
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
    this.#stop.abort();
    for (let turn = 0; turn < 10; turn++) await this.elapse(100);
    await Promise.all(this.#ended);
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
