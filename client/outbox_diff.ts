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
  const nodes = byKey(flowId, desired.nodes, nodeKey);
  const edges = byKey(flowId, desired.relationships, (edge) => relationshipKey(flowId, edge));
  const messages: FlowMessage[] = [];

  // Also those that go with their nodes: the original leaves them to whoever reads.
  const pairs = unwanted(known.relationships, edges).map(pairOf);
  if (pairs.length > 0) messages.push({ type: "delete-rels", pairs });
  let left = known;
  const ids = unwanted(known.nodes, nodes).map(({ id }) => id);
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

/**
 * The keys of what was wanted before. Most of a part is the same objects from one round to the next,
 * and to write 15,000 keys anew each time was most of the garbage of an adapter of 5,000 releases.
 */
const keys = new WeakMap<object, { readonly flowId: string; readonly key: string }>();

function byKey<T extends object>(
  flowId: string,
  items: readonly T[],
  keyOf: (item: T) => string,
): Map<string, T> {
  const map = new Map<string, T>();
  for (const item of items) {
    let known = keys.get(item);
    // The key of an edge tells of which flow it is, and the same edge may be part of two.
    if (known?.flowId !== flowId) keys.set(item, known = { flowId, key: keyOf(item) });
    map.set(known.key, item);
  }
  return map;
}

function unwanted<T>(known: ReadonlyMap<string, T>, wanted: ReadonlyMap<string, unknown>): T[] {
  const items: T[] = [];
  for (const [key, item] of known) if (!wanted.has(key)) items.push(item);
  return items;
}

function changed<T>(wanted: ReadonlyMap<string, T>, known: ReadonlyMap<string, T>): T[] {
  const items: T[] = [];
  for (const [key, item] of wanted) if (!sameJson(item, known.get(key))) items.push(item);
  return items;
}

function filter<T>(map: ReadonlyMap<string, T>, keep: (value: T) => boolean): Map<string, T> {
  return new Map([...map].filter(([, value]) => keep(value)));
}
