import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { FlowNode, Relationship } from "../../../contracts/flow.ts";
import { emptyFlowState, type FlowState, foldInto } from "../../../contracts/fold.ts";
import { edgeLabel, toDot, toMermaid } from "./export_text.ts";
import { flowGraph, sameStructure } from "./flow_graph.ts";
import { criticalPath, culprits, neighboursOf } from "./reach.ts";

const FLOW = "f";
const key = (id: string) => `${FLOW}\u0000${id}`;
const node = (id: string, more: Partial<FlowNode> = {}): FlowNode => ({
  id,
  flowId: FLOW,
  label: id,
  status: "pending",
  ...more,
});
const edge = (fromId: string, toId: string, more: Partial<Relationship> = {}): Relationship => ({
  fromId,
  toId,
  type: "finish-to-start",
  ...more,
});

function stateOf(nodes: FlowNode[], relationships: Relationship[]): FlowState {
  const state = emptyFlowState(FLOW);
  foldInto(state, { type: "snapshot", flow: state.flow, nodes, relationships });
  return state;
}

const NONE = new Set<string>();
const ends = (state: FlowState, folded = NONE) =>
  flowGraph(state, folded).edges.map(({ from, to }) => [from.slice(2), to.slice(2)]);

const REGION = stateOf([
  node("r", { family: "region", region: "r", label: "Region" }),
  node("g", { region: "r" }),
  node("a", { region: "r", status: "failed" }),
  node("b", { region: "r" }),
  node("c", { region: "r" }),
], [
  edge("a", "g", { type: "contains" }),
  edge("b", "g", { type: "contains" }),
  edge("g", "r", { type: "contains" }),
  edge("c", "r", { type: "contains" }),
  edge("a", "b"),
  edge("g", "c"),
]);

Deno.test("a region is a lane with its own name, a group is a lane within", () => {
  const { lanes, nodes } = flowGraph(REGION, NONE);
  assertEquals(lanes.map(({ title, depth }) => [title, depth]), [["Region", 0], ["g", 1]]);
  assertEquals([...nodes.keys()].map((it) => it.slice(2)), ["a", "b", "c"]);
});

Deno.test("an unfolded group's edges are its nodes' edges", () => {
  assertEquals(ends(REGION), [["a", "b"], ["a", "c"], ["b", "c"]]);
});

Deno.test("a folded group is a box with the worst that it holds, and takes their edges", () => {
  const folded = new Set([key("g")]);
  assertEquals(ends(REGION, folded), [["g", "c"]]);
  const group = flowGraph(REGION, folded).nodes.get(key("g"));
  assertEquals([group?.folds, group?.row.phase], [2, "failed"]);
});

Deno.test("nodes that contain each other end neither the page nor the walk", () => {
  const state = stateOf([node("a"), node("b")], [
    edge("a", "b", { type: "contains" }),
    edge("b", "a", { type: "contains" }),
    edge("a", "b"),
  ]);
  assertEquals(flowGraph(state, NONE).edges, []);
});

Deno.test("an edge to another flow ends at a node that stands for it", () => {
  const state = stateOf([node("a")], [edge("a", "x", { type: "triggers", toFlowId: "other" })]);
  const { nodes, edges } = flowGraph(state, NONE);
  assertEquals(edges.map(({ crossFlow, type }) => [crossFlow, type]), [[true, "triggers"]]);
  assertEquals(nodes.get("other\u0000x")?.row.state, "In flow other");
});

Deno.test("edges between regions are told apart", () => {
  const state = stateOf([node("a", { region: "x" }), node("b", { region: "y" })], [edge("a", "b")]);
  assertEquals(flowGraph(state, NONE).edges.map(({ crossRegion }) => crossRegion), [true]);
});

Deno.test("a status changes no structure, an edge does", () => {
  const graph = flowGraph(REGION, NONE);
  const other = stateOf(
    [...REGION.nodes.values()].map((it) => ({ ...it, status: "running" })),
    [...REGION.relationships.values()],
  );
  assert(sameStructure(graph, flowGraph(other, NONE)));
  other.relationships.clear();
  assert(!sameStructure(graph, flowGraph(other, NONE)));
});

Deno.test("culprits are the failed and what waits behind them, not what runs", () => {
  const state = stateOf([
    node("a", { status: "failed" }),
    node("b"),
    node("c"),
    node("d", { status: "running" }),
    node("e"),
    node("told", { meta: { blockedBy: ["a"] } }),
  ], [edge("a", "b"), edge("b", "c"), edge("a", "d"), edge("d", "e")]);
  const graph = flowGraph(state, NONE);
  const found = [...culprits(graph, neighboursOf(graph))].map((it) => it.slice(2)).sort();
  assertEquals(found, ["a", "b", "c", "told"]);
});

Deno.test("the critical path is the chain with the greatest sum", () => {
  const links = fc.array(fc.tuple(fc.nat(7), fc.nat(7)).filter(([a, b]) => a < b));
  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 8, maxLength: 8 });
  fc.assert(fc.property(links, weights, (pairs, cost) => {
    const nodes = cost.map((_, at) => node(`${at}`));
    const graph = flowGraph(stateOf(nodes, pairs.map(([a, b]) => edge(`${a}`, `${b}`))), NONE);
    const weigh = (id: string) => cost[Number(id.slice(2))] ?? 0;
    const path = criticalPath(graph, neighboursOf(graph), weigh);
    const longest: number[] = [];
    for (const [at, own] of cost.entries()) {
      const before = pairs.filter(([, to]) => to === at).map(([from]) => longest[from] ?? 0);
      longest.push(own + Math.max(0, ...before));
    }
    assertEquals(path.reduce((sum, id) => sum + weigh(id), 0), Math.max(...longest));
  }));
});

Deno.test("a cycle has a critical path too", () => {
  const graph = flowGraph(stateOf([node("a"), node("b")], [edge("a", "b"), edge("b", "a")]), NONE);
  assert(criticalPath(graph, neighboursOf(graph), () => 1).length > 0);
});

Deno.test("the six types and their conditions are written at the edges", () => {
  const label = (more: Partial<Relationship>) => {
    const graph = flowGraph(stateOf([node("a"), node("b")], [edge("a", "b", more)]), NONE);
    return graph.edges.map(edgeLabel);
  };
  assertEquals(label({}), [""]);
  assertEquals(label({ type: "start-to-start", lag: 30 }), ["SS +30s"]);
  assertEquals(label({ type: "finish-to-finish" }), ["FF"]);
  assertEquals(label({ type: "start-to-finish" }), ["SF"]);
  assertEquals(label({ type: "triggers", condition: "on-failure" }), ["⚡ on failure"]);
  assertEquals(label({ type: "contains" }), []);
  assertEquals(label({ type: "start-to-start", label: "P2P 1,204/s" }), ["P2P 1,204/s"]);
});

Deno.test("what a label says cannot break out of Mermaid or DOT", () => {
  const nasty = 'x"]\n  click n1 "javascript:1" \\';
  const graph = flowGraph(
    stateOf([node("a", { label: nasty }), node("b")], [edge("a", "b")]),
    NONE,
  );
  const mermaid = toMermaid(graph);
  assert(!mermaid.split("\n").some((line) => line.trim().startsWith("click")));
  assertStringIncludes(mermaid, "n1 --> n2");
  assertStringIncludes(toDot(graph), String.raw`x\"]\n  click n1 \"javascript:1\" \\`);
  assertStringIncludes(toDot(graph), '"a" -> "b"');
});
