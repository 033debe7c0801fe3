import type { RelationshipPair } from "./flow.ts";

// Ids hold no control characters, so NUL cannot occur inside one and no two keys can collide.
const SEPARATOR = "\u0000";

/** The natural key of a node. */
export function nodeKey(node: { flowId: string; id: string }): string {
  return node.flowId + SEPARATOR + node.id;
}

/**
 * The natural key of a relationship: both endpoints with their flows, and the type.
 *
 * @param flowId the flow that an absent `fromFlowId` or `toFlowId` stands for
 */
export function relationshipKey(flowId: string, pair: RelationshipPair): string {
  return [pair.fromFlowId ?? flowId, pair.fromId, pair.toFlowId ?? flowId, pair.toId, pair.type]
    .join(SEPARATOR);
}
