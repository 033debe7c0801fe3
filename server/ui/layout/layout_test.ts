import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { COLUMN, NODE_HEIGHT } from "./geometry.ts";
import { type Layout, layout, type LayoutInput } from "./layout.ts";

const LANES = ["fsn1", "hel1", ""];

/** Graphs with cycles, edges across lanes, edges to nowhere, loose nodes. */
const inputs: fc.Arbitrary<LayoutInput> = fc.integer({ min: 1, max: 40 }).chain((count) => {
  const key = fc.nat(count).map((n) => `n${n}`);
  return fc.record({
    nodes: fc.array(fc.constantFrom(...LANES), { minLength: count, maxLength: count })
      .map((lanes) => lanes.map((lane, at) => ({ key: `n${at}`, lane }))),
    edges: fc.array(fc.record({ from: key, to: key }), { maxLength: 70 }),
    lanes: fc.constant(LANES),
  });
});

function eachPair(made: Layout, look: (a: [number, number], b: [number, number]) => void): void {
  const nodes = [...made.nodes.values()];
  for (const [at, a] of nodes.entries()) {
    for (const b of nodes.slice(at + 1)) look([a.x, a.y], [b.x, b.y]);
  }
}

Deno.test("no two nodes overlap, also after changes", () => {
  fc.assert(
    fc.property(inputs, inputs, (first, second) => {
      for (const made of [layout(first), layout(second, layout(first))]) {
        eachPair(made, ([ax, ay], [bx, by]) => {
          assert(Math.abs(ax - bx) >= COLUMN || Math.abs(ay - by) > NODE_HEIGHT);
        });
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("every node stands inside its lane, and lanes follow each other in order", () => {
  fc.assert(fc.property(inputs, inputs, (first, second) => {
    const made = layout(second, layout(first));
    assertEquals(made.nodes.size, second.nodes.length);
    const lanes = new Map(made.lanes.map((lane) => [lane.key, lane]));
    for (const { key, lane } of second.nodes) {
      const node = made.nodes.get(key);
      const band = lanes.get(lane);
      assert(node !== undefined && band !== undefined && node.lane === lane);
      assert(node.y - NODE_HEIGHT / 2 > band.y && node.y + NODE_HEIGHT / 2 < band.y + band.height);
    }
    for (const [at, lane] of made.lanes.entries()) {
      const next = made.lanes[at + 1];
      assert(next === undefined || lane.y + lane.height < next.y);
    }
    assertEquals(made.lanes.map(({ key }) => key), LANES.filter((lane) => lanes.has(lane)));
  }));
});

Deno.test("every edge runs forward, except those that close a cycle", () => {
  fc.assert(fc.property(inputs, (input) => {
    const made = layout(input);
    for (const { from, to, back, bends } of made.edges) {
      const layers = [made.nodes.get(from)?.layer ?? 0, made.nodes.get(to)?.layer ?? 0];
      assertEquals((layers[0] ?? 0) < (layers[1] ?? 0), !back);
      const way = [layers[0] ?? 0, ...bends.map(({ layer }) => layer)];
      assertEquals(way, way.map((_, at) => (layers[0] ?? 0) + at), "no column is passed twice");
    }
  }));
});

Deno.test("no edge passes through a node of its own lane", () => {
  fc.assert(fc.property(inputs, inputs, (first, second) => {
    const made = layout(second, layout(first));
    for (const { bends } of made.edges) {
      for (const { layer, y } of bends) {
        for (const node of made.nodes.values()) {
          assert(node.layer !== layer || Math.abs(node.y - y) > NODE_HEIGHT / 2);
        }
      }
    }
  }));
});

Deno.test("the same graph in any order has the same layout", () => {
  const shuffled = inputs.chain((input) =>
    fc.record({
      input: fc.constant(input),
      nodes: fc.shuffledSubarray([...input.nodes], { minLength: input.nodes.length }),
      edges: fc.shuffledSubarray([...input.edges], { minLength: input.edges.length }),
    })
  );
  fc.assert(fc.property(shuffled, ({ input, nodes, edges }) => {
    const [a, b] = [layout(input), layout({ ...input, nodes, edges })];
    for (const [key, node] of a.nodes) assertEquals(b.nodes.get(key), node);
    assertEquals(b.edges, a.edges);
    assertEquals(b.lanes, a.lanes);
  }));
});

const inLane = ({ nodes }: Layout, key: string) => {
  const node = nodes.get(key);
  return node && [node.lane, node.x, node.inLane];
};

Deno.test("a layout made anew of the same graph moves nothing", () => {
  fc.assert(fc.property(inputs, (input) => {
    const first = layout(input);
    const again = layout(input, first);
    assertEquals(again.nodes.size, first.nodes.size);
    for (const [key, node] of first.nodes) assertEquals(again.nodes.get(key), node);
    assertEquals(again.edges, first.edges);
  }));
});

Deno.test("a node that comes behind others, or that goes, moves no other in its lane", () => {
  const cases = inputs.chain((input) =>
    fc.record({
      input: fc.constant(input),
      lane: fc.constantFrom(...LANES),
      before: fc.subarray(input.nodes.map(({ key }) => key)),
    })
  );
  fc.assert(fc.property(cases, ({ input, lane, before }) => {
    // A loose node stands wherever there is room until it gets an edge, so that is no case of this.
    const tied = new Set(
      input.edges.filter(({ from, to }) => from !== to && inputHas(input, from, to))
        .flatMap(({ from, to }) => [from, to]),
    );
    const more: LayoutInput = {
      ...input,
      nodes: [...input.nodes, { key: "new", lane }],
      edges: [
        ...input.edges,
        ...before.filter((key) => tied.has(key)).map((from) => ({ from, to: "new" })),
      ],
    };
    const first = layout(input);
    const second = layout(more, first);
    for (const { key } of input.nodes) assertEquals(inLane(second, key), inLane(first, key));
    if (input.nodes.length < 2) return;
    const third = layout(input, second);
    for (const { key } of input.nodes) assertEquals(inLane(third, key), inLane(first, key));
  }));
});

function inputHas({ nodes }: LayoutInput, ...keys: string[]): boolean {
  return keys.every((key) => nodes.some((node) => node.key === key));
}

Deno.test("what stays in its lane and layer keeps its place while that is half of the nodes", () => {
  fc.assert(fc.property(inputs, inputs, (first, second) => {
    const before = layout(first);
    const after = layout(second, before);
    const tied = new Set(after.edges.flatMap(({ from, to }) => [from, to]));
    const kept = second.nodes.filter(({ key, lane }) => {
      const old = before.nodes.get(key);
      if (old?.lane !== lane) return false;
      return !tied.has(key) || old.layer === after.nodes.get(key)?.layer;
    });
    if (kept.length * 2 < second.nodes.length) return;
    for (const { key } of kept) assertEquals(inLane(after, key), inLane(before, key));
  }));
});

Deno.test("a chain stands on one line", () => {
  const nodes = ["a", "b", "c", "d"].map((key) => ({ key, lane: "" }));
  const edges = [["a", "b"], ["b", "c"], ["c", "d"]].map(([from = "", to = ""]) => ({ from, to }));
  const made = layout({ nodes, edges, lanes: [""] });
  assertEquals(new Set([...made.nodes.values()].map(({ y }) => y)).size, 1);
});

Deno.test("nothing at all has a layout too", () => {
  const made = layout({ nodes: [], edges: [], lanes: ["x"] });
  assertEquals([made.nodes.size, made.lanes.length, made.width, made.height], [0, 0, 0, 0]);
});
