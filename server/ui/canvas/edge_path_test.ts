import { assertEquals } from "@std/assert";
import { NODE_WIDTH } from "../layout/geometry.ts";
import { layout } from "../layout/layout.ts";
import { edgePath, middleOf } from "./edge_path.ts";

const nodes = ["a", "b", "c"].map((key) => ({ key, lane: "" }));
const ways = (...edges: [string, string][]) => {
  const made = layout({ nodes, edges: edges.map(([from, to]) => ({ from, to })), lanes: [""] });
  return { made, curves: made.edges.map((edge) => edgePath(made, edge)) };
};

Deno.test("an edge leaves its source on the right and meets its target on the left", () => {
  const { made, curves } = ways(["a", "b"], ["b", "c"], ["a", "c"]);
  for (const [at, { from, to }] of made.edges.entries()) {
    const [a, b] = [made.nodes.get(from), made.nodes.get(to)];
    assertEquals(curves[at]?.slice(0, 2), [(a?.x ?? 0) + NODE_WIDTH, a?.y]);
    assertEquals(curves[at]?.slice(-2), [b?.x, b?.y]);
  }
});

Deno.test("an edge past a column crosses it at the height that the layout gave it", () => {
  const { made, curves } = ways(["a", "b"], ["b", "c"], ["a", "c"]);
  const at = made.edges.findIndex(({ bends }) => bends.length === 1);
  const y = made.edges[at]?.bends[0]?.y;
  assertEquals([curves[at]?.[7], curves[at]?.[13]], [y, y]);
});

Deno.test("an edge that closes a cycle runs below the others", () => {
  const { made, curves } = ways(["a", "b"], ["b", "a"]);
  const at = made.edges.findIndex(({ back }) => back);
  const lowest = Math.max(...(curves[at] ?? []).filter((_, n) => n % 2 === 1));
  assertEquals(lowest > (made.nodes.get("a")?.y ?? 0), true);
});

Deno.test("an edge to nowhere has no way", () => {
  const { made } = ways();
  assertEquals(edgePath(made, { from: "a", to: "x", back: false, bends: [] }), []);
});

Deno.test("a label stands in the middle", () => {
  assertEquals(middleOf([0, 0, 10, 0, 20, 0, 30, 0]), [15, 0]);
  assertEquals(middleOf([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]), [3, 0]);
});
