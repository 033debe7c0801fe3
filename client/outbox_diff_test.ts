import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage, FlowNode, Relationship } from "../contracts/flow.ts";
import { emptyFlowState, type FlowState, fold, snapshotOf } from "../contracts/fold.ts";
import { parseFlowMessage } from "../contracts/parse_message.ts";
import { nodeKey, relationshipKey } from "../contracts/relationship_key.ts";
import {
  FLOW_ID,
  flowMessages,
  flowNodes,
  relationships,
} from "../contracts/testing/arbitraries.ts";
import { diff, ownedBy } from "./outbox_diff.ts";
import type { FlowPart, Ownership } from "./outbox_part.ts";

const ours: Ownership = {
  node: ({ id }) => id.startsWith("fsn1/"),
  relationship: ({ fromId, toId }) => fromId.startsWith("fsn1/") && toId.startsWith("fsn1/"),
};

const node = (id: string, status = "pending"): FlowNode => ({
  id,
  flowId: FLOW_ID,
  label: id,
  status,
});
const edge = (fromId: string, toId: string): Relationship => ({
  fromId,
  toId,
  type: "finish-to-start",
});

function stateOf(nodes: FlowNode[], edges: Relationship[]): FlowState {
  const state = emptyFlowState(FLOW_ID);
  for (const node of nodes) state.nodes.set(nodeKey(node), node);
  for (const edge of edges) state.relationships.set(relationshipKey(FLOW_ID, edge), edge);
  return state;
}

const partOf = (nodes: FlowNode[], relationships: Relationship[]): FlowPart => ({
  nodes,
  relationships,
});

Deno.test("the same nodes and edges may be part of two flows", () => {
  const edge = { fromId: "a", toId: "b", type: "contains" } as const;
  for (const flowId of ["one", "two", "one"]) {
    const known = emptyFlowState(flowId);
    known.relationships.set(relationshipKey(flowId, edge), edge);
    assertEquals(diff({ nodes: [], relationships: [edge] }, known), []);
  }
});

Deno.test("nothing is posted when nothing differs", () => {
  const nodes = [node("fsn1/a"), node("fsn1/b")];
  const edges = [edge("fsn1/a", "fsn1/b")];
  assertEquals(diff(partOf(nodes, edges), stateOf(nodes, edges)), []);
});

Deno.test("a changed node is posted alone", () => {
  const before = stateOf([node("fsn1/a"), node("fsn1/b")], []);
  const after = partOf([node("fsn1/a", "running"), node("fsn1/b")], []);
  assertEquals(diff(after, before), [
    { type: "upsert-nodes", nodes: [node("fsn1/a", "running")] },
  ]);
});

Deno.test("removals come before nodes, and nodes before edges", () => {
  const before = stateOf([node("fsn1/a"), node("fsn1/b")], [edge("fsn1/a", "fsn1/b")]);
  const after = partOf([node("fsn1/b"), node("fsn1/c")], [edge("fsn1/b", "fsn1/c")]);
  assertEquals(diff(after, before).map(({ type }) => type), [
    "delete-rels",
    "delete-nodes",
    "upsert-nodes",
    "upsert-rels",
  ]);
});

Deno.test("an edge that goes with a node is deleted by itself too, for routers that keep it", () => {
  const before = stateOf([node("fsn1/a"), node("fsn1/b")], [edge("fsn1/a", "fsn1/b")]);
  assertEquals(diff(partOf([node("fsn1/b")], []), before), [
    { type: "delete-rels", pairs: [edge("fsn1/a", "fsn1/b")] },
    { type: "delete-nodes", ids: ["fsn1/a"] },
  ]);
});

Deno.test("an edge that is wanted without its node is posted again after the node's removal", () => {
  const wanted = edge("fsn1/a", "fsn1/b");
  const before = stateOf([node("fsn1/a"), node("fsn1/b")], [wanted]);
  assertEquals(diff(partOf([node("fsn1/b")], [wanted]), before), [
    { type: "delete-nodes", ids: ["fsn1/a"] },
    { type: "upsert-rels", relationships: [wanted] },
  ]);
});

Deno.test("what another flow's id stands on is not ours, whatever its own id", () => {
  const foreign = { ...node("fsn1/a"), flowId: "sister" };
  assertEquals(ownedBy(ours, stateOf([foreign], [])).nodes.size, 0);
});

const states = fc.array(flowMessages, { maxLength: 12 })
  .map((messages) => messages.reduce(fold, emptyFlowState(FLOW_ID)));
const parts: fc.Arbitrary<FlowPart> = fc.record({
  nodes: fc.uniqueArray(flowNodes, { maxLength: 6, selector: ({ id }) => id })
    .map((nodes) => nodes.filter(ours.node).map((node) => ({ ...node, flowId: FLOW_ID }))),
  relationships: fc.uniqueArray(relationships, {
    maxLength: 8,
    selector: (edge) => relationshipKey(FLOW_ID, edge),
  }).map((edges) => edges.filter(ours.relationship)),
});

function asState({ nodes, relationships }: FlowPart): FlowState {
  return stateOf([...nodes], [...relationships]);
}

Deno.test("folding the difference into what is known gives what is wanted", () => {
  fc.assert(fc.property(states, parts, (state, desired) => {
    const known = ownedBy(ours, state);
    const after = diff(desired, known).reduce(fold, known);
    assertEquals(contents(after), contents(asState(desired)));
  }));
});

Deno.test("folding the difference into the whole flow gives what is wanted and keeps the rest", () => {
  fc.assert(fc.property(states, parts, (state, desired) => {
    const messages = diff(desired, ownedBy(ours, state));
    const after = messages.reduce(fold, state);
    assertEquals(contents(ownedBy(ours, after)), contents(asState(desired)));
    // Nodes of others are as they were, except those that share an id with a removed one.
    const removed = new Set(messages.flatMap((m) => m.type === "delete-nodes" ? m.ids : []));
    for (const [key, foreign] of state.nodes) {
      if (foreign.flowId === FLOW_ID && ours.node(foreign)) continue;
      if (!removed.has(foreign.id)) assertEquals(after.nodes.get(key), foreign);
    }
  }));
});

Deno.test("the difference is empty once it was folded, and holds no snapshot", () => {
  fc.assert(fc.property(states, parts, (state, desired) => {
    const known = ownedBy(ours, state);
    const messages = diff(desired, known);
    assert(messages.every(({ type }) => type !== "snapshot" && type !== "upsert-flow"));
    assertEquals(diff(desired, messages.reduce(fold, known)), []);
  }));
});

Deno.test("every message of a difference follows the contract", () => {
  fc.assert(fc.property(states, parts, (state, desired) => {
    for (const message of diff(desired, ownedBy(ours, state))) {
      const wire: FlowMessage = JSON.parse(JSON.stringify(message));
      assertEquals(parseFlowMessage(wire), message);
    }
  }));
});

function contents(state: FlowState) {
  const { nodes, relationships } = snapshotOf(state);
  return { nodes, relationships };
}
