import { assertEquals } from "@std/assert";
import { mapOf } from "../testing/maps.ts";
import { node } from "../testing/rows.ts";
import { firstLook } from "./first_look.ts";

const { graph, layout, key } = mapOf(
  [node("a", "succeeded"), node("b", "running"), node("c", "failed"), node("d", "failed")],
  [],
);
const camera = { x: 0, y: 0, zoom: 0.3 };

Deno.test("a phone first shows what has failed, so that it can be read", () => {
  const look = firstLook(graph, layout, { size: { width: 390, height: 500 }, camera });
  assertEquals(look?.y, layout.nodes.get(key("c"))?.y);
});

Deno.test("where there is room, or all can be read, the whole map is shown", () => {
  assertEquals(
    firstLook(graph, layout, { size: { width: 1_440, height: 500 }, camera }),
    undefined,
  );
  const close = { ...camera, zoom: 1 };
  assertEquals(
    firstLook(graph, layout, { size: { width: 390, height: 500 }, camera: close }),
    undefined,
  );
});
