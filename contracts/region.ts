/** How regions and flows follow from what they hold; whoever reports a region comes to the same. */
import { greatest, least } from "./extremes.ts";
import type { FlowInstance, FlowNode } from "./flow.ts";
import { isSettled, rollUp } from "./phase.ts";

/** Family of the node that stands for a region. */
export const REGION_FAMILY = "region";

/** Whether a node stands for a region, whoever made it. */
export function isRegionNode({ id, region, family }: FlowNode): boolean {
  return family === REGION_FAMILY && region === id;
}

/**
 * The node that stands for a region: its status is what the region's nodes amount to, and it has
 * ended when none of them is still to move.
 *
 * @param nodes what the region holds
 * @param startedAt Unix ms
 */
export function regionOf(
  { flowId, regionKey }: { readonly flowId: string; readonly regionKey: string },
  nodes: readonly FlowNode[],
  startedAt: number | undefined,
): FlowNode {
  const ended = nodes.flatMap(({ endedAt }) => endedAt ?? []);
  const isOver = nodes.length > 0 && nodes.every(({ status }) => isSettled(status));
  return {
    id: regionKey,
    flowId,
    label: regionKey,
    status: rollUp(nodes.map(({ status }) => status)),
    family: REGION_FAMILY,
    region: regionKey,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(isOver && ended.length > 0 ? { endedAt: greatest(ended) } : {}),
    meta: { kind: "Region", counts: countsOf(nodes) },
  };
}

/**
 * The flow that its regions amount to. All who report to a flow compute it from the same nodes and
 * so come to the same, whoever posts it last.
 *
 * @param current the flow as it stands: what others have written into it is kept
 */
export function flowOfRegions(current: FlowInstance, regions: readonly FlowNode[]): FlowInstance {
  const started = regions.flatMap(({ startedAt }) => startedAt ?? []);
  const ended = regions.flatMap(({ endedAt }) => endedAt ?? []);
  const { endedAt: _, ...kept } = current;
  return {
    ...kept,
    status: rollUp(regions.map(({ status }) => status)),
    startedAt: started.length === 0 ? kept.startedAt : least(started),
    ...(regions.length > 0 && ended.length === regions.length ? { endedAt: greatest(ended) } : {}),
  };
}

function countsOf(nodes: readonly FlowNode[]): Record<string, number> {
  const counts = { total: nodes.length, pending: 0, running: 0, succeeded: 0, failed: 0 };
  for (const { status } of nodes) {
    if (status === "pending" || status === "running" || isSettled(status)) {
      counts[status as keyof typeof counts]++;
    }
  }
  return counts;
}
