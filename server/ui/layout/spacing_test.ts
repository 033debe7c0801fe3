import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { layout } from "./layout.ts";
import { CLOSE, spaced, spacingFor } from "./spacing.ts";

const view = fc.record({
  width: fc.integer({ min: 100, max: 3_000 }),
  height: fc.integer({ min: 100, max: 2_000 }),
});

/** So many columns of so many rows. */
function grid(columns: number, rows: number) {
  const nodes = Array.from({ length: columns * rows }, (_, at) => ({ key: `n${at}`, lane: "" }));
  const edges = nodes.slice(rows).map(({ key }, at) => ({ from: `n${at}`, to: key }));
  return layout({ nodes, edges, lanes: [""] });
}

Deno.test("a map that is wide enough stays as it was laid out", () => {
  const wide = grid(8, 1);
  assertEquals(spacingFor(wide, { width: 1_000, height: 800 }, 1), CLOSE);
  assertEquals(spaced(wide, CLOSE), wide);
});

Deno.test("a high map is widened as far as the view has room, and no further", () => {
  const size = fc.record({
    columns: fc.integer({ min: 1, max: 6 }),
    rows: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(fc.property(size, view, ({ columns, rows }, view) => {
    const made = grid(columns, rows);
    const spacing = spacingFor(made, view, 1);
    const after = spaced(made, spacing);
    const zoom = Math.min(1, view.height / made.height);
    assert(after.width === made.width || after.width * zoom <= view.width);
    assert(spacing.nodeWidth >= CLOSE.nodeWidth && spacing.gap >= CLOSE.gap);
  }));
});

Deno.test("names get room before edges do", () => {
  const made = grid(3, 20);
  const some = spacingFor(made, { width: 700, height: 800 }, 1);
  const much = spacingFor(made, { width: 3_000, height: 800 }, 1);
  assert(some.nodeWidth > CLOSE.nodeWidth && some.gap === CLOSE.gap);
  assert(much.nodeWidth > some.nodeWidth && much.gap > CLOSE.gap);
});

Deno.test("what is spaced keeps columns, rows and lanes", () => {
  const made = grid(4, 5);
  const after = spaced(made, { nodeWidth: 240, gap: 100 });
  for (const [key, { x, y, layer }] of made.nodes) {
    const moved = after.nodes.get(key);
    assertEquals([moved?.y, moved?.layer], [y, layer]);
    assertEquals((moved?.x ?? 0) - x, layer * (340 - 256));
  }
  assertEquals([after.lanes, after.edges], [made.lanes, made.edges]);
  assertEquals(spaced(after, CLOSE), made);
});

Deno.test("nothing has no spacing to speak of", () => {
  assertEquals(
    spacingFor(layout({ nodes: [], edges: [], lanes: [] }), { width: 9, height: 9 }, 1),
    CLOSE,
  );
});
