import type { FlowNode } from "../../contracts/flow.ts";
import { greatest, least } from "./extremes.ts";
import type { FluxObject } from "./flux_object.ts";
import { isSettled, rollUp } from "./phase.ts";

/** Family of the node that stands for a region. */
export const REGION_FAMILY = "region";

/**
 * The node that holds what a region shows. Its status is what theirs amount to; it began with the
 * oldest of them and has ended when none of them is still to move.
 */
export function regionNode(
  { flowId, regionKey }: { readonly flowId: string; readonly regionKey: string },
  objects: readonly Pick<FluxObject, "createdAt">[],
  nodes: readonly FlowNode[],
): FlowNode {
  const created = objects.flatMap(({ createdAt }) => createdAt ?? []);
  const ended = nodes.flatMap(({ endedAt }) => endedAt ?? []);
  const isOver = nodes.length > 0 && nodes.every(({ status }) => isSettled(status));
  return {
    id: regionKey,
    flowId,
    label: regionKey,
    status: rollUp(nodes.map(({ status }) => status)),
    family: REGION_FAMILY,
    region: regionKey,
    ...(created.length === 0 ? {} : { startedAt: least(created) }),
    ...(isOver && ended.length > 0 ? { endedAt: greatest(ended) } : {}),
    meta: { kind: "Region", counts: countsOf(nodes) },
  };
}

/** Whether a node stands for a region, whichever adapter made it. */
export function isRegionNode({ id, region, family }: FlowNode): boolean {
  return family === REGION_FAMILY && region === id;
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
