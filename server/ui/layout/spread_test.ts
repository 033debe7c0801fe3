import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { spread } from "./spread.ts";

const wish = (at: number, weight = 1) => ({ at, weight });

Deno.test("wishes that leave each other room are granted", () => {
  assertEquals(spread([wish(0), wish(100), wish(150)], [0, 50, 50]), [0, 100, 150]);
});

Deno.test("two that want the same place share it around their wish", () => {
  assertEquals(spread([wish(100), wish(100)], [0, 50]), [76, 126]);
});

Deno.test("the heavier wish gives way less", () => {
  const [first = 0, second = 0] = spread([wish(100, 9), wish(100, 1)], [0, 50]);
  assert(Math.abs(first - 100) < Math.abs(second - 100));
});

Deno.test("order and distances hold whatever is wished for", () => {
  const items = fc.array(
    fc.tuple(fc.integer({ min: -500, max: 500 }), fc.constantFrom(6, 28, 50), fc.nat(3)),
    { maxLength: 30 },
  );
  fc.assert(fc.property(items, (all) => {
    const distances = all.map(([, distance]) => distance);
    const places = spread(all.map(([at, , weight]) => wish(at, weight + 1)), distances);
    assertEquals(places.length, all.length);
    for (let at = 1; at < places.length; at++) {
      assert((places[at] ?? 0) - (places[at - 1] ?? 0) >= (distances[at] ?? 0));
    }
    assert(places.every((place) => place % 2 === 0));
  }));
});
