import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage, FlowNode, Relationship } from "./flow.ts";
import {
  copyFlowState,
  emptyFlowState,
  type FlowState,
  fold,
  foldInto,
  snapshotOf,
} from "./fold.ts";
import { FLOW_ID, flowMessages } from "./testing/arbitraries.ts";

const node = (id: string, more: Partial<FlowNode> = {}): FlowNode => ({
  id,
  flowId: FLOW_ID,
  label: id,
  status: "running",
  ...more,
});
const edge = (fromId: string, toId: string, more: Partial<Relationship> = {}): Relationship => ({
  fromId,
  toId,
  type: "finish-to-start",
  ...more,
});
const foldAll = (messages: FlowMessage[], from: FlowState = emptyFlowState(FLOW_ID)): FlowState =>
  messages.reduce(fold, from);

Deno.test("fold leaves the state that it is given as it was", () => {
  fc.assert(fc.property(fc.array(flowMessages), flowMessages, (messages, last) => {
    const state = foldAll(messages);
    const before = structuredClone(snapshotOf(state));
    fold(state, last);
    assertEquals(snapshotOf(state), before);
  }));
});

Deno.test("foldInto and fold agree on any history", () => {
  fc.assert(fc.property(fc.array(flowMessages), (messages) => {
    const inPlace = emptyFlowState(FLOW_ID);
    for (const message of messages) foldInto(inPlace, message);
    assertEquals(inPlace, foldAll(messages));
  }));
});

Deno.test("a snapshot folded into any state of the flow gives the snapshotted state", () => {
  fc.assert(fc.property(fc.array(flowMessages), fc.array(flowMessages), (history, other) => {
    const state = foldAll(history);
    assertEquals(fold(foldAll(other), snapshotOf(state)), state);
  }));
});

Deno.test("history before a snapshot makes no difference", () => {
  fc.assert(fc.property(fc.array(flowMessages), fc.array(flowMessages), (before, after) => {
    const state = foldAll(before);
    assertEquals(
      foldAll(after, fold(emptyFlowState(FLOW_ID), snapshotOf(state))),
      foldAll(after, state),
    );
  }));
});

Deno.test("applying any message twice is applying it once", () => {
  fc.assert(fc.property(fc.array(flowMessages), flowMessages, (messages, last) => {
    const once = foldAll([...messages, last]);
    assertEquals(fold(once, last), once);
  }));
});

Deno.test("equal states give equal snapshots whatever the order of arrival", () => {
  const nodes = [node("c"), node("a"), node("b")];
  const snapshots = [nodes, nodes.toReversed()].map((order) =>
    snapshotOf(foldAll(order.map((one) => ({ type: "upsert-nodes", nodes: [one] }))))
  );
  assertEquals(snapshots[0], snapshots[1]);
  assertEquals(snapshots[0]!.nodes.map(({ id }) => id), ["a", "b", "c"]);
});

Deno.test("an empty flow has a valid snapshot that says nothing has started", () => {
  assertEquals(snapshotOf(emptyFlowState("x")), {
    type: "snapshot",
    flow: { id: "x", status: "pending", startedAt: 0 },
    nodes: [],
    relationships: [],
  });
});

Deno.test("upsert-nodes replaces the node whole, fields that are gone included", () => {
  const state = foldAll([
    { type: "upsert-nodes", nodes: [node("a", { region: "fsn1", startedAt: 1, meta: { x: 1 } })] },
    { type: "upsert-nodes", nodes: [node("a", { status: "succeeded" })] },
  ]);
  assertEquals(snapshotOf(state).nodes, [node("a", { status: "succeeded" })]);
});

Deno.test("nodes of two flows with the same id are two nodes", () => {
  const state = foldAll([{
    type: "upsert-nodes",
    nodes: [node("a"), node("a", { flowId: "sister" })],
  }]);
  assertEquals(state.nodes.size, 2);
});

Deno.test("delete-nodes prunes every relationship that touches the node and no other", () => {
  const state = foldAll([
    { type: "upsert-nodes", nodes: [node("a"), node("b"), node("c")] },
    { type: "upsert-rels", relationships: [edge("a", "b"), edge("b", "c"), edge("c", "a")] },
    { type: "delete-nodes", ids: ["a"] },
  ]);
  assertEquals(snapshotOf(state).nodes, [node("b"), node("c")]);
  assertEquals(snapshotOf(state).relationships, [edge("b", "c")]);
});

Deno.test("delete-nodes prunes edges of a node that was never posted", () => {
  const state = foldAll([
    { type: "upsert-rels", relationships: [edge("ghost", "b")] },
    { type: "delete-nodes", ids: ["ghost"] },
  ]);
  assertEquals(state.relationships.size, 0);
});

Deno.test("delete-nodes leaves an edge to the same id in another flow", () => {
  const cross = edge("b", "a", { toFlowId: "sister" });
  const state = foldAll([
    { type: "upsert-nodes", nodes: [node("a"), node("b")] },
    { type: "upsert-rels", relationships: [cross] },
    { type: "delete-nodes", ids: ["a"] },
  ]);
  assertEquals(snapshotOf(state).relationships, [cross]);
});

Deno.test("edges that differ only in the other flow are two edges", () => {
  const state = foldAll([{
    type: "upsert-rels",
    relationships: [edge("a", "b"), edge("a", "b", { toFlowId: "sister" })],
  }]);
  assertEquals(state.relationships.size, 2);
});

Deno.test("naming the own flow and leaving it out mean the same edge", () => {
  const state = foldAll([
    { type: "upsert-rels", relationships: [edge("a", "b", { lag: 1 })] },
    { type: "upsert-rels", relationships: [edge("a", "b", { fromFlowId: FLOW_ID, lag: 2 })] },
  ]);
  assertEquals([...state.relationships.values()].map(({ lag }) => lag), [2]);
  const gone = fold(state, {
    type: "delete-rels",
    pairs: [{ fromId: "a", toId: "b", toFlowId: FLOW_ID, type: "finish-to-start" }],
  });
  assertEquals(gone.relationships.size, 0);
});

Deno.test("upsert-flow touches neither nodes nor relationships", () => {
  fc.assert(fc.property(fc.array(flowMessages), (messages) => {
    const state = foldAll(messages);
    const flow = { id: FLOW_ID, status: "succeeded", startedAt: 1, endedAt: 2 };
    const next = fold(state, { type: "upsert-flow", flow });
    assertEquals(next, { ...copyFlowState(state), flow });
    assertNotEquals(next.flow, emptyFlowState(FLOW_ID).flow);
  }));
});
