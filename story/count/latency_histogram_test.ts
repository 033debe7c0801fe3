import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LatencyHistogram } from "./latency_histogram.ts";

Deno.test("quantiles are those of the sorted times, right to a fiftieth", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (times, q) => {
      const histogram = new LatencyHistogram();
      for (const time of times) histogram.record(time);
      const sorted = times.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
      const told = histogram.quantile(q) ?? NaN;
      assert(Math.abs(told - exact) <= 0.001 + exact / 50, `${told} is not about ${exact}`);
    },
  ));
});

Deno.test("a histogram without times has no quantiles, and negative times count as 0", () => {
  const histogram = new LatencyHistogram();
  assertEquals(histogram.quantile(0.5), undefined);
  histogram.record(-1);
  assertEquals([histogram.size, histogram.quantile(1)], [1, 0]);
});
