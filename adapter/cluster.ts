import type { Clock } from "../contracts/clock.ts";
import type { Logger } from "../contracts/logger.ts";
import type { KubeFetch } from "../kube/client.ts";
import type { ReflectorState } from "../kube/reflector.ts";
import type { AdapterConfig } from "./config.ts";
import { type HelmChart, readHelmChart } from "./flux/helm_chart.ts";
import { type HelmRelease, readHelmRelease } from "./flux/helm_release.ts";
import { type FluxKind, isNodeKind } from "./flux/kinds.ts";
import { type Kustomization, readKustomization } from "./flux/kustomization.ts";
import { mapRegion, type RegionMap } from "./flux/map_region.ts";
import { readSource, type Source } from "./flux/source.ts";
import type { Metrics } from "./metrics.ts";
import { transitions } from "./transitions.ts";
import { type KindStatus, WatchedKind } from "./watched_kind.ts";

/**
 * One map serves the events of this many milliseconds, and of this many times what a map takes, so
 * that a cluster of thousands does not spend its time on maps. The interval between posts is another.
 */
const MAP_DELAY = 50;
const MAP_DELAY_FACTOR = 10;

export interface ClusterOptions {
  readonly config: AdapterConfig;
  readonly client: { readonly fetch: KubeFetch };
  readonly log: Logger;
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  /** Called with each new map. */
  readonly onMap: (map: RegionMap) => void;
}

/** Follows one cluster and maps what it holds. Knows of no router. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #kinds: readonly WatchedKind<unknown>[];
  readonly #releases: readonly WatchedKind<HelmRelease>[];
  readonly #charts: readonly WatchedKind<HelmChart>[];
  readonly #kustomizations: readonly WatchedKind<Kustomization>[];
  readonly #sources: readonly WatchedKind<Source>[];
  #map: RegionMap | undefined;
  #mapDelay = MAP_DELAY;
  #cancelMapping: (() => void) | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { kinds } = options.config;
    this.#releases = kinds.filter((kind) => kind === "HelmRelease")
      .map((kind) => this.#watch(kind, readHelmRelease));
    this.#charts = kinds.filter((kind) => kind === "HelmChart")
      .map((kind) => this.#watch(kind, readHelmChart));
    this.#kustomizations = kinds.filter((kind) => kind === "Kustomization")
      .map((kind) => this.#watch(kind, readKustomization));
    this.#sources = kinds.filter((kind) =>
      kind !== "HelmRelease" && kind !== "HelmChart" && kind !== "Kustomization"
    ).map((kind) => this.#watch(kind, (object) => readSource(kind, object)));
    this.#kinds = [
      ...this.#releases,
      ...this.#charts,
      ...this.#kustomizations,
      ...this.#sources,
    ];
  }

  /** How each watched kind stands. */
  get status(): Readonly<Partial<Record<FluxKind, KindStatus>>> {
    return Object.fromEntries(this.#kinds.map(({ kind, status }) => [kind, status]));
  }

  /** Watches until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#kinds.map((kind) => kind.run(signal)));
  }

  /** Maps what is known now, if that is enough. */
  mapNow(): void {
    this.stop();
    if (!this.#isKnown) return;
    const { config, clock, log, metrics, onMap } = this.#options;
    const startedAt = clock.now();
    const next = mapRegion(
      {
        releases: this.#releases.flatMap(({ objects }) => [...objects]),
        charts: this.#charts.flatMap(({ objects }) => [...objects]),
        kustomizations: this.#kustomizations.flatMap(({ objects }) => [...objects]),
        sources: this.#sources.flatMap(({ objects }) => [...objects]),
        knowledge: {
          complete: Object.assign({}, ...this.#kinds.map(({ knowledge }) => knowledge.complete)),
          told: Object.assign({}, ...this.#kinds.map(({ knowledge }) => knowledge.told)),
        },
      },
      config,
      this.#map,
    );
    const took = clock.now() - startedAt;
    this.#mapDelay = Math.max(MAP_DELAY, MAP_DELAY_FACTOR * took);
    metrics.mapped(next, took);
    if (this.#map === undefined) {
      log("INFO", "cluster synced", { ...countsOf(next) });
    } else {
      for (const { node, ...change } of transitions(this.#map.mapped, next.mapped)) {
        metrics.transition(next.mapped.get(node)?.status.status ?? "deleted");
        log("INFO", "status", { node, ...change });
      }
    }
    this.#map = next;
    onMap(next);
  }

  /**
   * Lists again what somebody knows more of than we do, and maps it.
   *
   * @param keys as in the versions of a region node
   */
  async catchUp(keys: readonly string[]): Promise<void> {
    await Promise.all(this.#kinds.map((kind) => kind.relist(keys)));
  }

  /** Maps no more until something changes. */
  stop(): void {
    this.#cancelMapping?.();
    this.#cancelMapping = undefined;
  }

  /**
   * Half a list would look like so many deletions. So everything that becomes a node has to be
   * known, or known to be absent from this cluster; what only says more about the nodes, or known
   * not to come soon.
   */
  get #isKnown(): boolean {
    const states = this.#kinds.map(({ kind, status: { state } }) => ({
      isNode: isNodeKind(kind),
      state,
    }));
    return states.some(({ isNode, state }) => isNode && state === "synced") &&
      states.every(({ isNode, state }) =>
        state === "synced" || (isNode ? state === "crd-missing" : state !== "syncing")
      );
  }

  #watch<T>(kind: FluxKind, read: (object: unknown) => T | undefined): WatchedKind<T> {
    const { client, clock, random, config: { namespaces } } = this.#options;
    const say = this.#stateLogger(kind);
    return new WatchedKind({
      kind,
      read,
      namespaces,
      client,
      clock,
      random,
      onChange: () => this.#scheduleMapping(),
      onState: (namespace, state) => {
        say(namespace, state);
        // Others may have waited for what does not come.
        if (state.error !== undefined && !state.synced) this.#scheduleMapping();
      },
    });
  }

  #scheduleMapping(): void {
    this.#cancelMapping ??= this.#options.clock.after(this.#mapDelay, () => this.mapNow());
  }

  /** Says what is wrong with a watch once, and when it is over. */
  #stateLogger(kind: FluxKind): (namespace: string | undefined, state: ReflectorState) => void {
    const { log, clock, metrics } = this.#options;
    const said = new Map<string | undefined, string>();
    return (namespace, { error, retryAt }) => {
      const where = { kind, ...(namespace === undefined ? {} : { namespace }) };
      if (error === undefined) {
        if (said.delete(namespace)) log("INFO", "watch recovered", where);
        return;
      }
      if (retryAt === undefined) return;
      metrics.watchFailed(kind, error.code);
      if (said.get(namespace) === error.code) return;
      said.set(namespace, error.code);
      log("WARN", "watch failing, will retry", {
        ...where,
        code: error.code,
        err: error.message,
        retryInMs: Math.round(retryAt - clock.now()),
      });
    };
  }
}

function countsOf({ nodes }: RegionMap): Record<string, unknown> {
  const counts = nodes[0]?.meta?.["counts"];
  return typeof counts === "object" && counts !== null ? { ...counts } : {};
}
