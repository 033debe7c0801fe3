import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { layersOf, type Link } from "./layers.ts";

const graphs = fc.integer({ min: 2, max: 30 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    links: fc.uniqueArray(
      fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).filter(([a, b]) => a !== b),
      { selector: String, maxLength: 60 },
    ),
  })
);

Deno.test("a node stands one layer behind the last of those that lead to it", () => {
  fc.assert(fc.property(graphs, ({ count, links }) => {
    const { layers, back } = layersOf(count, links);
    for (let node = 0; node < count; node++) {
      const before = links.filter(([, to], at) => to === node && !back.has(at))
        .map(([from]) => layers[from] ?? 0);
      assertEquals(layers[node], Math.max(-1, ...before) + 1);
    }
  }));
});

Deno.test("a graph without a cycle keeps all of its links", () => {
  fc.assert(fc.property(graphs, ({ count, links }) => {
    const forward = links.map(([a, b]): Link => a < b ? [a, b] : [b, a]);
    assertEquals(layersOf(count, forward).back.size, 0);
  }));
});

Deno.test("a cycle loses the link that closes it, seen from its source", () => {
  const { layers, back } = layersOf(4, [[0, 1], [1, 2], [2, 3], [3, 1]]);
  assertEquals([...back], [3]);
  assertEquals([...layers], [0, 1, 2, 3]);
});

Deno.test("a ring without a source is cut where its first node is met again", () => {
  const { layers, back } = layersOf(3, [[2, 0], [0, 1], [1, 2]]);
  assertEquals([...back], [0]);
  assertEquals([...layers], [0, 1, 2]);
});

Deno.test("a chain of fifty thousand nodes does not exhaust the stack", () => {
  const links = Array.from({ length: 49_999 }, (_, at): Link => [at, at + 1]);
  const { layers } = layersOf(50_000, links);
  assert(layers[49_999] === 49_999);
});
