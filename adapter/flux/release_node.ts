import type { FlowNode } from "../../contracts/flow.ts";
import { findCondition } from "./condition.ts";
import type { KindRef } from "./flux_object.ts";
import type { HelmChart } from "./helm_chart.ts";
import type { HelmRelease } from "./helm_release.ts";
import { type NodeSettings, objectNode } from "./object_node.ts";
import { type ObjectStatus, shorten } from "./object_status.ts";

/** A release as a node of the flow. `chart` is where it comes from, when that is known. */
export function releaseNode(
  settings: NodeSettings,
  release: HelmRelease,
  status: ObjectStatus,
  chart: HelmChart | undefined,
): FlowNode {
  const { revision, failures } = release;
  return objectNode(settings, release, status, originOf(release, chart), {
    ...(failures === 0 ? {} : { attempts: failures }),
    ...(revision === undefined ? {} : { revision }),
    ...(release.chart === undefined ? {} : { chart: release.chart }),
    source: sourceFacts(release, chart),
  });
}

/** The repository or artifact that a release takes its chart from. */
export function originOf(
  { origin }: HelmRelease,
  chart: HelmChart | undefined,
): KindRef | undefined {
  return origin ?? chart?.origin;
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
