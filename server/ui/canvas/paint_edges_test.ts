import { assertEquals } from "@std/assert";
import type { Relationship } from "../../../contracts/flow.ts";
import { mapOf } from "../testing/maps.ts";
import { node, PALETTE } from "../testing/rows.ts";
import { shapesOf } from "./edge_path.ts";
import { marksOf } from "./marks.ts";
import { edgeGroups } from "./paint_edges.ts";

const NODES = [
  node("a", "running", { region: "r" }),
  node("b", "pending", { region: "r" }),
  node("c", "failed", { region: "r" }),
  node("d", "pending", { region: "r" }),
  node("far", "pending", { region: "s" }),
];

/** How each of these edges is drawn, all in one picture. */
function styles(...relationships: Relationship[]): string[] {
  const { graph, layout, near } = mapOf(NODES, relationships);
  const marks = marksOf(graph, near, {
    filter: { text: "", phases: new Set() },
    region: undefined,
    family: undefined,
    culprits: true,
    path: [],
  });
  const groups = edgeGroups({
    graph,
    layout,
    marks,
    palette: PALETTE,
    shapes: shapesOf(layout),
    now: 0,
  });
  return groups.flatMap(({ rank, colour, dash, width, shapes }) =>
    shapes.map(() => `${rank} ${colour} ${dash} ${width}`)
  );
}

const edge = (more: Partial<Relationship>): Relationship => ({
  fromId: "a",
  toId: "b",
  type: "finish-to-start",
  ...more,
});

Deno.test("every type of relationship and every condition looks its own way", () => {
  const drawn = [
    ...([
      "finish-to-start",
      "start-to-start",
      "finish-to-finish",
      "start-to-finish",
      "triggers",
    ] as const)
      .map((type) => edge({ type })),
    edge({ condition: "on-failure" }),
    edge({ toId: "far" }),
    edge({ toFlowId: "another", toId: "x" }),
  ].flatMap((relationship) => styles(relationship));
  assertEquals(new Set(drawn).size, 8);
});

Deno.test("edges of one style are one group, faint ones first and what is stuck last", () => {
  const ranks = styles(edge({}), edge({ fromId: "c", toId: "d" }), edge({ toId: "far" }))
    .map((style) => style.slice(0, 9));
  assertEquals(ranks, ["0 #1414ad", "0 #1414ad", "2 #ff0000"]);
});
