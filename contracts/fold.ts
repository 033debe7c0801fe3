import type { FlowInstance, FlowMessage, FlowNode, Relationship, Snapshot } from "./flow.ts";
import { nodeKey, relationshipKey } from "./relationship_key.ts";

/** What all messages of a flow, folded in order, amount to. */
export interface FlowState {
  /** The flow that the messages were posted to; an absent `fromFlowId`/`toFlowId` means this one. */
  readonly flowId: string;
  flow: FlowInstance;
  /** By {@linkcode nodeKey}. */
  readonly nodes: Map<string, FlowNode>;
  /** By {@linkcode relationshipKey}. */
  readonly relationships: Map<string, Relationship>;
}

/**
 * The state of a flow that nothing has been posted to. Its flow object says so (`pending`, started
 * at 0), so that a snapshot always carries a valid one, also before the first `upsert-flow`.
 */
export function emptyFlowState(flowId: string): FlowState {
  return {
    flowId,
    flow: { id: flowId, status: "pending", startedAt: 0 },
    nodes: new Map(),
    relationships: new Map(),
  };
}

/** A copy that folding into the original does not touch. O(nodes + relationships). */
export function copyFlowState(state: FlowState): FlowState {
  return {
    ...state,
    nodes: new Map(state.nodes),
    relationships: new Map(state.relationships),
  };
}

/** The state after `message`; `state` is left as it is. */
export function fold(state: FlowState, message: FlowMessage): FlowState {
  const next = copyFlowState(state);
  foldInto(next, message);
  return next;
}

/**
 * As {@linkcode fold}, in place, for an owner that keeps no older state: O(size of the message),
 * except `delete-nodes`, which looks at every relationship once.
 */
export function foldInto(state: FlowState, message: FlowMessage): void {
  switch (message.type) {
    case "snapshot":
      state.flow = message.flow;
      state.nodes.clear();
      state.relationships.clear();
      upsertNodes(state, message.nodes);
      upsertRelationships(state, message.relationships);
      return;
    case "upsert-flow":
      state.flow = message.flow;
      return;
    case "upsert-nodes":
      return upsertNodes(state, message.nodes);
    case "upsert-rels":
      return upsertRelationships(state, message.relationships);
    case "delete-nodes":
      return deleteNodes(state, new Set(message.ids));
    case "delete-rels":
      for (const pair of message.pairs) {
        state.relationships.delete(relationshipKey(state.flowId, pair));
      }
      return;
  }
}

function upsertNodes(state: FlowState, nodes: readonly FlowNode[]): void {
  for (const node of nodes) state.nodes.set(nodeKey(node), node);
}

function upsertRelationships(state: FlowState, relationships: readonly Relationship[]): void {
  for (const relationship of relationships) {
    state.relationships.set(relationshipKey(state.flowId, relationship), relationship);
  }
}

/** An id names nodes of any flow held here; edges go with the nodes at either end. */
function deleteNodes(state: FlowState, ids: ReadonlySet<string>): void {
  const gone = new Set<string>();
  for (const id of ids) gone.add(nodeKey({ flowId: state.flowId, id }));
  for (const [key, node] of state.nodes) {
    if (ids.has(node.id)) {
      gone.add(key);
      state.nodes.delete(key);
    }
  }
  for (const [key, { fromFlowId, fromId, toFlowId, toId }] of state.relationships) {
    const { flowId } = state;
    if (
      gone.has(nodeKey({ flowId: fromFlowId ?? flowId, id: fromId })) ||
      gone.has(nodeKey({ flowId: toFlowId ?? flowId, id: toId }))
    ) state.relationships.delete(key);
  }
}

/**
 * The state as one message: folding it into any state of the same flow gives this state again.
 * Nodes and relationships come sorted by key, so equal states give equal snapshots.
 */
export function snapshotOf(state: FlowState): Snapshot {
  return {
    type: "snapshot",
    flow: state.flow,
    nodes: sortedByKey(state.nodes),
    relationships: sortedByKey(state.relationships),
  };
}

function sortedByKey<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).map(([, value]) => value);
}
