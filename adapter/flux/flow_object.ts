import type { FlowInstance, FlowNode } from "../../contracts/flow.ts";
import { flowOfRegions, isRegionNode } from "../../contracts/region.ts";

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
  const before = current?.id === flowId
    ? current
    : { id: flowId, status: "pending", startedAt: 0 } as FlowInstance;
  const flow = flowOfRegions(before, [...nodes].filter(isRegionNode));
  return { ...flow, meta: { ...flow.meta, emittedBy: "headrace-adapter" } };
}
