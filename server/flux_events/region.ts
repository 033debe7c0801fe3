import type { FlowInstance, FlowNode } from "../../contracts/flow.ts";
import { isSettled, rollUp } from "../../contracts/phase.ts";
import { EMITTER } from "./event_node.ts";
import type { Place } from "./place.ts";

/** Family of the node that stands for a region, as the adapter writes it. */
const REGION_FAMILY = "region";

/**
 * The node that holds what events tell of a region.
 *
 * @param nodes what it holds
 * @param since when the oldest event happened, in Unix ms
 */
export function regionNode(
  { flowId, regionKey }: Place,
  nodes: readonly FlowNode[],
  since: number,
): FlowNode {
  const ended = nodes.flatMap(({ endedAt }) => endedAt ?? []);
  const isOver = nodes.length > 0 && nodes.every(({ status }) => isSettled(status));
  const counts = { total: nodes.length, pending: 0, running: 0, succeeded: 0, failed: 0 };
  for (const { status } of nodes) {
    if (status === "pending" || status === "running" || isSettled(status)) {
      counts[status as keyof typeof counts]++;
    }
  }
  return {
    id: regionKey,
    flowId,
    label: regionKey,
    status: rollUp(nodes.map(({ status }) => status)),
    family: REGION_FAMILY,
    region: regionKey,
    startedAt: since,
    ...(isOver && ended.length > 0 ? { endedAt: greatest(ended) } : {}),
    meta: { kind: "Region", emittedBy: EMITTER, counts },
  };
}

/** Whether a node stands for a region, whoever made it. */
export function isRegionNode({ id, region, family }: FlowNode): boolean {
  return family === REGION_FAMILY && region === id;
}

/**
 * The flow that its regions amount to, as adapters reckon it from the same nodes, so that neither
 * undoes what the other wrote.
 *
 * @param current the flow as it stands: what others have written into it is kept
 */
export function flowOfRegions(
  current: FlowInstance,
  regions: readonly FlowNode[],
): FlowInstance {
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

// A spread into Math.min would put every element on the stack.
function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Infinity);
}

function greatest(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), -Infinity);
}
