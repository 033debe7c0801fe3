import { assertEquals } from "@std/assert";
import { emptyFlowState, foldInto } from "../../../contracts/fold.ts";
import { flowGraph } from "../graph/flow_graph.ts";
import { neighboursOf } from "../graph/reach.ts";
import { layout } from "../layout/layout.ts";
import { describe, follow } from "./mirror.ts";

const state = emptyFlowState("f");
const node = (id: string, status: string, meta = {}) => ({
  id,
  flowId: "f",
  label: id,
  status,
  region: "r",
  meta,
});
foldInto(state, {
  type: "snapshot",
  flow: state.flow,
  nodes: [
    node("a", "failed", { state: "stalled", reason: "RetriesExceeded" }),
    node("b", "pending", { blockedBy: ["a"] }),
    node("c", "pending"),
  ],
  relationships: ["b", "c"].map((toId) => ({ fromId: "a", toId, type: "finish-to-start" })),
});
const graph = flowGraph(state, new Set());
const made = layout({
  nodes: [...graph.nodes.values()],
  edges: graph.edges,
  lanes: graph.lanes.map(({ key }) => key),
});
const near = neighboursOf(graph);
const key = (id: string) => `f\u0000${id}`;
const go = (from: string, arrow: string, hidden: string[] = []) =>
  follow(key(from), arrow, made, near, (other) => hidden.includes(other.slice(2)))?.slice(2);

Deno.test("right and left follow the edges", () => {
  assertEquals(go("a", "ArrowRight", ["c"]), "b");
  assertEquals(go("b", "ArrowLeft"), "a");
  assertEquals(go("a", "ArrowLeft"), undefined);
});

Deno.test("up and down stay in the column", () => {
  const down = ["b", "c"].map((id) => go(id, "ArrowDown"));
  const up = ["b", "c"].map((id) => go(id, "ArrowUp"));
  assertEquals(new Set([...down, ...up]), new Set(["b", "c", undefined]));
});

Deno.test("what a filter hides is not led to, and other keys lead nowhere", () => {
  assertEquals(go("a", "ArrowRight", ["b", "c"]), undefined);
  assertEquals(go("a", "Enter"), undefined);
});

Deno.test("a node is read with its phase, its reason and what it waits for", () => {
  const read = (id: string) => {
    const found = graph.nodes.get(key(id));
    return found && describe(found, 1, 2);
  };
  assertEquals(read("a"), "a, failed; Stalled; RetriesExceeded; 1 before it, 2 behind it");
  assertEquals(read("b"), "b, waiting; waits for a; 1 before it, 2 behind it");
});
