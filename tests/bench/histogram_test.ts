import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Buckets, countOf, latencyOf, merge, percentile } from "./histogram.ts";

const micros = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1 });
const bucketsOf = (values: number[]): Buckets => values.map((value) => [value, 1]);

Deno.test("a percentile is the value at its rank in the sorted values", () => {
  fc.assert(fc.property(micros, fc.integer({ min: 1, max: 100 }), (values, percent) => {
    const sorted = values.toSorted((a, b) => a - b);
    const rank = Math.ceil(values.length * percent / 100);
    assertEquals(percentile(bucketsOf(values), percent / 100), sorted[rank - 1]! / 1000);
  }));
});

Deno.test("merged histograms count every value once", () => {
  fc.assert(fc.property(micros, micros, (some, others) => {
    const merged = merge([bucketsOf(some), bucketsOf(others)]);
    assertEquals(countOf(merged), some.length + others.length);
    assertEquals(percentile(merged, 0.5), percentile(bucketsOf([...some, ...others]), 0.5));
  }));
});

Deno.test("nothing counted has no percentiles", () => {
  assertEquals(latencyOf([]), { p50: null, p99: null, max: null });
});
