import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { Seen } from "./seen.ts";

Deno.test("within the window every number is new once", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 200 }),
    (numbers) => {
      const seen = new Seen();
      const known = new Set<number>();
      for (const n of numbers) {
        assertEquals(seen.add(n), !known.has(n));
        known.add(n);
      }
    },
  ));
});

Deno.test("a number that has left the window counts as known, those that follow are new", () => {
  const seen = new Seen();
  assert(seen.add(0));
  assert(seen.add(200_000));
  assertFalse(seen.add(0));
  assertFalse(seen.add(200_000 - (1 << 17)));
  assert(seen.add(200_001 - (1 << 17)));
  assert(seen.add(500_000));
  assert(seen.add(499_999));
  assertFalse(seen.add(499_999));
});
