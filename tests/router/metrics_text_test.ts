import { assertEquals, assertThrows } from "@std/assert";
import { parseMetrics, sumOf } from "./metrics_text.ts";

const TEXT = `# HELP headrace_streams Open streams
# TYPE headrace_streams gauge
headrace_streams 3
headrace_cut_off_total{why="stuck"} 2
headrace_cut_off_total{why="memory, all of it"} 1
headrace_cut_off_total_more 9
headrace_round_seconds_bucket{le="+Inf"} 1e3
`;

Deno.test("samples are read by their series", () => {
  const samples = parseMetrics(TEXT);
  assertEquals(samples.get("headrace_streams"), 3);
  assertEquals(samples.get('headrace_cut_off_total{why="memory, all of it"}'), 1);
  assertEquals(samples.get('headrace_round_seconds_bucket{le="+Inf"}'), 1000);
});

Deno.test("a name's series are summed, and no other's", () => {
  assertEquals(sumOf(parseMetrics(TEXT), "headrace_cut_off_total"), 3);
  assertEquals(sumOf(parseMetrics(TEXT), "headrace_none"), 0);
});

Deno.test("what is no sample is refused", () => {
  assertThrows(() => parseMetrics("<html>"), TypeError, "no sample");
});
