import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Columns, crossings, untangle } from "./order.ts";

/** Columns of items numbered through, with links from each column to the next. */
function columnsOf(sizes: readonly number[], links: readonly (readonly [number, number])[]) {
  const columns: number[][] = [];
  let count = 0;
  for (const size of sizes) columns.push(Array.from({ length: size }, () => count++));
  const before: number[][] = Array.from({ length: count }, () => []);
  const behind: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of links) {
    behind[from]?.push(to);
    before[to]?.push(from);
  }
  return { columns, before, behind } satisfies Columns;
}

const graphs = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 }).chain(
  (sizes) => {
    const starts = sizes.map((_, at) => sizes.slice(0, at).reduce((a, b) => a + b, 0));
    const pairs = sizes.slice(1).flatMap((size, at) =>
      Array.from({ length: (sizes[at] ?? 0) * size }, (_, n): [number, number] => [
        (starts[at] ?? 0) + Math.floor(n / size),
        (starts[at + 1] ?? 0) + n % size,
      ])
    );
    return fc.subarray(pairs).map((links) => ({ ...columnsOf(sizes, links), links }));
  },
);

Deno.test("crossings are the pairs of links that cross", () => {
  fc.assert(fc.property(graphs, ({ columns, behind, links }) => {
    const column = (item: number) => columns.findIndex((items) => items.includes(item));
    const pairs = links.flatMap((a, at) =>
      links.slice(at + 1).filter((b) =>
        column(a[0]) === column(b[0]) && (a[0] - b[0]) * (a[1] - b[1]) < 0
      )
    );
    assertEquals(crossings(columns, behind), pairs.length);
  }));
});

Deno.test("untangling keeps every item in its column and never adds a crossing", () => {
  fc.assert(fc.property(graphs, (graph) => {
    const order = untangle(graph);
    assertEquals(
      order.map((column) => column.toSorted((a, b) => a - b)),
      graph.columns.map((column) => [...column]),
    );
    assert(crossings(order, graph.behind) <= crossings(graph.columns, graph.behind));
  }));
});

Deno.test("two links that cross for no reason are untangled", () => {
  const graph = columnsOf([2, 2], [[0, 3], [1, 2]]);
  assertEquals(untangle(graph), [[0, 1], [3, 2]]);
});

Deno.test("what crosses nothing keeps its order", () => {
  const graph = columnsOf([3, 3], [[0, 3], [1, 4]]);
  assertEquals(untangle(graph), [[0, 1, 2], [3, 4, 5]]);
});
