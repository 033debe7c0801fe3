import type { FlowMessage, FlowNode, Relationship, RelationshipPair } from "../contracts/flow.ts";
import { copyFlowState, type FlowState, foldInto } from "../contracts/fold.ts";
import { nodeKey, relationshipKey } from "../contracts/relationship_key.ts";
import type { FlowPart, Ownership } from "./outbox_part.ts";
import { sameJson } from "./same_json.ts";

/** What of `state` an owner answers for. Nodes that another flow owns are never ours. */
export function ownedBy(ownership: Ownership, state: FlowState): FlowState {
  const { flowId } = state;
  return {
    ...state,
    nodes: filter(state.nodes, (node) => node.flowId === flowId && ownership.node(node)),
    relationships: filter(state.relationships, (edge) => ownership.relationship(edge)),
  };
}

/**
 * The messages that turn `known`, which the owner answers for whole, into `desired`. Removals come
 * first, then nodes before the edges between them; there is at most one message of each type.
 */
export function diff(desired: FlowPart, known: FlowState): FlowMessage[] {
  const { flowId } = known;
  const nodes = new Map(desired.nodes.map((node) => [nodeKey(node), node]));
  const edges = new Map(
    desired.relationships.map((edge) => [relationshipKey(flowId, edge), edge]),
  );
  const messages: FlowMessage[] = [];

  // Also those that go with their nodes: the original leaves them to whoever reads.
  const pairs = [...known.relationships].filter(([key]) => !edges.has(key))
    .map(([, edge]) => pairOf(edge));
  if (pairs.length > 0) messages.push({ type: "delete-rels", pairs });
  let left = known;
  const ids = [...known.nodes].filter(([key]) => !nodes.has(key)).map(([, node]) => node.id);
  if (ids.length > 0) {
    messages.push({ type: "delete-nodes", ids });
    // An edge that is wanted without its node goes with the node and has to be posted again.
    left = copyFlowState(known);
    foldInto(left, { type: "delete-nodes", ids });
  }

  const newNodes = changed<FlowNode>(nodes, left.nodes);
  if (newNodes.length > 0) messages.push({ type: "upsert-nodes", nodes: newNodes });
  const relationships = changed<Relationship>(edges, left.relationships);
  if (relationships.length > 0) messages.push({ type: "upsert-rels", relationships });
  return messages;
}

function pairOf({ fromId, toId, type, fromFlowId, toFlowId }: Relationship): RelationshipPair {
  return {
    fromId,
    toId,
    type,
    ...(fromFlowId === undefined ? {} : { fromFlowId }),
    ...(toFlowId === undefined ? {} : { toFlowId }),
  };
}

function changed<T>(wanted: ReadonlyMap<string, T>, known: ReadonlyMap<string, T>): T[] {
  return [...wanted].filter(([key, value]) => !sameJson(value, known.get(key)))
    .map(([, value]) => value);
}

function filter<T>(map: ReadonlyMap<string, T>, keep: (value: T) => boolean): Map<string, T> {
  return new Map([...map].filter(([, value]) => keep(value)));
}
