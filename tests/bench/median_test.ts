import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { medianBy } from "./median.ts";

Deno.test("as many are below the median as above it, give or take one", () => {
  fc.assert(fc.property(fc.uniqueArray(fc.integer(), { minLength: 1 }), (values) => {
    const median = medianBy(values as [number, ...number[]], (value) => value);
    const below = values.filter((value) => value < median).length;
    assertEquals(below, Math.floor((values.length - 1) / 2));
  }));
});
