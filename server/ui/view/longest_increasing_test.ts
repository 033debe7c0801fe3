import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { longestIncreasing } from "./longest_increasing.ts";

Deno.test("longestIncreasing gives positions of strictly increasing values", () => {
  assertEquals(longestIncreasing([3, 0, 1, 2]), [1, 2, 3]);
  assertEquals(longestIncreasing([1, 2, 3, 0]), [0, 1, 2]);
  assertEquals(longestIncreasing([]), []);
  assertEquals(longestIncreasing([7]), [0]);
});

Deno.test("longestIncreasing is increasing and no other choice is longer", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 10 }), (values) => {
    const chosen = longestIncreasing(values);
    for (let i = 1; i < chosen.length; i++) {
      assert(chosen[i - 1]! < chosen[i]!);
      assert(values[chosen[i - 1]!]! < values[chosen[i]!]!);
    }
    assertEquals(chosen.length, longestByTrial(values));
  }));
});

function longestByTrial(values: readonly number[]): number {
  const best: number[] = [];
  for (const [at, value] of values.entries()) {
    best.push(1 + Math.max(0, ...best.filter((_, before) => values[before]! < value)));
    assertEquals(best.length, at + 1);
  }
  return Math.max(0, ...best);
}
