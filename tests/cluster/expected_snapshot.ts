import { flowOf } from "../../adapter/flux/flow_object.ts";
import { type HelmChart, readHelmChart } from "../../adapter/flux/helm_chart.ts";
import { type HelmRelease, readHelmRelease } from "../../adapter/flux/helm_release.ts";
import { mapRegion } from "../../adapter/flux/map_region.ts";
import { isRegionNode } from "../../contracts/region.ts";
import { withVersions } from "../../adapter/flux/region_versions.ts";
import type { Snapshot } from "../../contracts/flow.ts";
import { emptyFlowState, fold, snapshotOf } from "../../contracts/fold.ts";
import type { KubeClient } from "./kube_client.ts";
import type { KubeObject } from "./kube_object.ts";
import { keyOf } from "./recording.ts";

/** The objects of one cluster and the region that they are shown as. */
export interface Region {
  readonly key: string;
  readonly objects: readonly KubeObject[];
}

/**
 * The snapshot that a router must come to when these are the clusters: the pure mapper on the
 * objects, the pure fold on what it says, and nothing in between.
 */
export function expectedSnapshot(flowId: string, regions: readonly Region[]): Snapshot {
  const maps = regions.map(({ key, objects }) => {
    const releases: HelmRelease[] = [];
    const charts: HelmChart[] = [];
    for (const object of objects) {
      const release = object.kind === "HelmRelease" ? readHelmRelease(object) : undefined;
      const chart = object.kind === "HelmChart" ? readHelmChart(object) : undefined;
      if (release !== undefined) releases.push(release);
      if (chart !== undefined) charts.push(chart);
    }
    return mapRegion({ releases, charts }, {
      flowId,
      regionKey: key,
      namespaces: ["flux-system"],
      kinds: ["HelmRelease", "HelmChart"],
      statusMapping: "flux",
    });
  });
  const nodes = maps.flatMap((map) => map.nodes);
  const relationships = maps.flatMap((map) => map.relationships);
  let state = fold(emptyFlowState(flowId), { type: "upsert-nodes", nodes });
  state = fold(state, { type: "upsert-rels", relationships });
  state = fold(state, { type: "upsert-flow", flow: flowOf(flowId, nodes) });
  return contentOf(snapshotOf(state));
}

/**
 * A snapshot as it reads off the wire, without the versions that its regions were made of: they tell
 * how an adapter came to know its cluster, and not what is in it.
 */
export function contentOf(snapshot: Snapshot): Snapshot {
  const { nodes, ...rest }: Snapshot = JSON.parse(JSON.stringify(snapshot));
  return {
    ...rest,
    nodes: nodes.map((node) => isRegionNode(node) ? withVersions(node, {}) : node),
  };
}

/** What a cluster holds of the kinds that the adapter watches. */
export async function liveObjects(client: KubeClient): Promise<KubeObject[]> {
  const lists = await Promise.all(
    [
      ["helm.toolkit.fluxcd.io/v2", "helmreleases", "HelmRelease"],
      ["source.toolkit.fluxcd.io/v1", "helmcharts", "HelmChart"],
    ].map(async ([apiVersion = "", plural, kind = ""]) => {
      const path = `/apis/${apiVersion}/namespaces/flux-system/${plural}`;
      // The items of a list come without the kind that the list says for all of them.
      return (await client.list(path)).items.map((item) => ({ ...item, apiVersion, kind }));
    }),
  );
  return lists.flat();
}

/**
 * Recorded objects with what only an API server decides (uid, time of creation) taken from the live
 * ones. An object that is not live keeps its own, so that it will be missed.
 */
export function withIdentityOf(
  recorded: readonly KubeObject[],
  live: readonly KubeObject[],
): KubeObject[] {
  const byKey = new Map(live.map((object) => [keyOf(object), object.metadata]));
  return recorded.map((object) => {
    const { uid, creationTimestamp } = byKey.get(keyOf(object)) ?? object.metadata;
    return {
      ...object,
      metadata: {
        ...object.metadata,
        ...(uid === undefined ? {} : { uid }),
        ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      },
    };
  });
}
