import type { FlowNode, Relationship } from "../../contracts/flow.ts";

/** Tells what of a flow this region's adapter has made, now or in an earlier life. */
export interface Ownership {
  node(node: Pick<FlowNode, "id">): boolean;
  relationship(relationship: Relationship): boolean;
}

/**
 * A region owns the node of its own name and every node below it, and the two kinds of edges that
 * it draws between them. What others draw, also between our nodes, is theirs.
 */
export function ownershipOf(flowId: string, regionKey: string): Ownership {
  const isOurs = (id: string) => id === regionKey || id.startsWith(`${regionKey}/`);
  return {
    node: ({ id }) => isOurs(id),
    relationship: ({ fromId, toId, fromFlowId, toFlowId, type }) =>
      (type === "contains" || type === "finish-to-start") && isOurs(fromId) && isOurs(toId) &&
      (fromFlowId ?? flowId) === flowId && (toFlowId ?? flowId) === flowId,
  };
}
