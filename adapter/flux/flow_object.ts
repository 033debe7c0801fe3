import type { FlowInstance, FlowNode } from "../../contracts/flow.ts";
import { rollUp } from "./phase.ts";
import { greatest, least } from "./extremes.ts";
import { isRegionNode } from "./region_node.ts";

/**
 * The flow that the regions among `nodes` amount to. Every adapter of the flow computes it from the
 * same nodes and so comes to the same result, whoever posts it last.
 *
 * @param current the flow as it stands: what others have written into it is kept
 */
export function flowOf(
  flowId: string,
  nodes: Iterable<FlowNode>,
  current?: FlowInstance,
): FlowInstance {
  const regions = [...nodes].filter(isRegionNode);
  const started = regions.flatMap(({ startedAt }) => startedAt ?? []);
  const ended = regions.flatMap(({ endedAt }) => endedAt ?? []);
  const { endedAt: _, ...kept } = current?.id === flowId
    ? current
    : { id: flowId, status: "pending", startedAt: 0 } as FlowInstance;
  return {
    ...kept,
    id: flowId,
    status: rollUp(regions.map(({ status }) => status)),
    startedAt: started.length === 0 ? kept.startedAt : least(started),
    ...(regions.length > 0 && ended.length === regions.length ? { endedAt: greatest(ended) } : {}),
    meta: { ...kept.meta, emittedBy: "headrace-adapter" },
  };
}
