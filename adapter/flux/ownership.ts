import type { Ownership } from "../../client/outbox_part.ts";

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
