import type { Logger } from "../contracts/logger.ts";
import type { KubeFetch } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import type { ReflectorState } from "../kube/reflector.ts";
import type { GroupVersionResource } from "../kube/resources.ts";
import type { AdapterConfig } from "./config.ts";
import { readHelmChart } from "./flux/helm_chart.ts";
import { readHelmRelease } from "./flux/helm_release.ts";
import { mapRegion, type RegionMap } from "./flux/map_region.ts";
import { transitions } from "./transitions.ts";
import { type KindStatus, WatchedKind, type WatchedKindOptions } from "./watched_kind.ts";

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

export interface ClusterOptions {
  readonly config: AdapterConfig;
  readonly client: { readonly fetch: KubeFetch };
  readonly log: Logger;
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
  /** Called with each new map. */
  readonly onMap: (map: RegionMap) => void;
}

/** Follows one cluster and maps what it holds. Knows of no router. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #releases;
  readonly #charts;
  #map: RegionMap | undefined;
  #cancelMapping: (() => void) | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { client, clock, random, config: { namespaces } } = options;
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

  /** The last map; absent until all HelmReleases were known for the first time. */
  get map(): RegionMap | undefined {
    return this.#map;
  }

  get status(): { readonly HelmRelease: KindStatus; readonly HelmChart: KindStatus } {
    return { HelmRelease: this.#releases.status, HelmChart: this.#charts.status };
  }

  /** Watches until `signal` aborts; then maps a last time. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#releases.run(signal), this.#charts.run(signal)]);
  }

  /** Maps what is known now, if that is enough. */
  mapNow(): void {
    this.#cancelMapping?.();
    this.#cancelMapping = undefined;
    // Half a list would look like so many deletions.
    if (!this.#releases.isSynced) return;
    const { config, log, onMap } = this.#options;
    const next = mapRegion(
      { releases: this.#releases.objects, charts: this.#charts.objects },
      config,
      this.#map?.releases,
    );
    if (this.#map === undefined) {
      log("INFO", "HelmReleases synced", { ...countsOf(next) });
    } else {
      for (const { node, ...change } of transitions(this.#map.releases, next.releases)) {
        log("INFO", "release status", { node, ...change });
      }
    }
    this.#map = next;
    onMap(next);
  }

  /** Maps no more, whatever is still heard of. */
  stop(): void {
    this.#cancelMapping?.();
    this.#cancelMapping = undefined;
  }

  #scheduleMapping(): void {
    this.#cancelMapping ??= this.#options.clock.after(MAP_DELAY, () => this.mapNow());
  }

  /** Says what is wrong with a watch once, and when it is over. */
  #stateLogger(kind: string): (namespace: string | undefined, state: ReflectorState) => void {
    const { log, clock } = this.#options;
    const said = new Map<string | undefined, string>();
    return (namespace, { error, retryAt }) => {
      const where = { kind, ...(namespace === undefined ? {} : { namespace }) };
      if (error === undefined) {
        if (said.delete(namespace)) log("INFO", "watch recovered", where);
        return;
      }
      if (said.get(namespace) === error.code || retryAt === undefined) return;
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
