import type { FlowNode, Relationship } from "../../contracts/flow.ts";
import { findCondition } from "./condition.ts";
import type { HelmChart } from "./helm_chart.ts";
import type { HelmRelease } from "./helm_release.ts";
import { type IdSettings, nodeId } from "./node_id.ts";
import { type ReleaseStatus, shorten } from "./status.ts";

/** What nodes and edges depend on beside the objects. */
export interface NodeSettings extends IdSettings {
  readonly flowId: string;
}

/** A release as a node of the flow. `chart` is where it comes from, when that is known. */
export function releaseNode(
  settings: NodeSettings,
  release: HelmRelease,
  status: ReleaseStatus,
  chart: HelmChart | undefined,
): FlowNode {
  const { state, reason, message, since, startedAt, endedAt } = status;
  const { namespace, name, revision, failures } = release;
  const blockedBy = status.blockedBy.map((dependency) => nodeId(settings, dependency));
  return {
    id: nodeId(settings, release),
    flowId: settings.flowId,
    label: name,
    status: status.status,
    family: release.family ?? name.replace(/^bp-(?=.)/, ""),
    region: settings.regionKey,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    meta: {
      kind: "HelmRelease",
      namespace,
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(since === undefined ? {} : { since }),
      ...(blockedBy.length === 0 ? {} : { blockedBy }),
      ...(state === "retrying" ? { retrying: true } : {}),
      ...(state === "drifted" ? { drifted: true } : {}),
      ...(failures === 0 ? {} : { attempts: failures }),
      ...(revision === undefined ? {} : { revision }),
      ...(release.chart === undefined ? {} : { chart: release.chart }),
      source: sourceFacts(release, chart),
    },
  };
}

/** Says why a release that waits for its source has to wait. */
function sourceFacts({ source, namespace }: HelmRelease, chart: HelmChart | undefined) {
  const ready = chart && findCondition(chart, "Ready");
  return {
    kind: source.kind,
    name: source.name,
    ...(source.namespace === namespace ? {} : { namespace: source.namespace }),
    ...(chart === undefined ? {} : { ready: ready?.status === "True" }),
    ...(ready?.reason ? { reason: ready.reason } : {}),
    ...(ready?.message ? { message: shorten(ready.message) } : {}),
    ...(chart?.revision === undefined ? {} : { revision: chart.revision }),
  };
}

/**
 * The edges of a release: `contains` from it to its region, and one `finish-to-start` from each of
 * its dependencies. A dependency that does not exist has no edge, for there is nothing to draw it
 * from; the release says in `blockedBy` that it waits for it.
 *
 * @param exists whether there is a node of this id
 */
export function releaseRelationships(
  settings: NodeSettings,
  release: HelmRelease,
  exists: (id: string) => boolean,
): Relationship[] {
  const id = nodeId(settings, release);
  const edges: Relationship[] = [{ fromId: id, toId: settings.regionKey, type: "contains" }];
  for (const dependency of release.dependsOn) {
    const fromId = nodeId(settings, dependency);
    if (!exists(fromId)) continue;
    edges.push({ fromId, toId: id, type: "finish-to-start", condition: "on-success" });
  }
  return edges;
}
