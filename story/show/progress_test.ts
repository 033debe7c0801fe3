import { assertEquals } from "@std/assert";
import type { EdgeReport } from "../count/ledger.ts";
import { edgeLine, edgeTable, formatLatency, formatRate } from "./progress.ts";

const EDGE: EdgeReport = {
  from: "a",
  to: "b",
  via: ["gate"],
  mode: "hub",
  why: "",
  sent: 12_345,
  delivered: 12_000,
  dropped: { buffer_full: 300, expired: 40 },
  unaccounted: 5,
  repeated: 0,
  filtered: 0,
  p50: 1.234,
  p99: 2_100,
};

Deno.test("edges stand in columns, with what is not known left open", () => {
  const command = {
    ...EDGE,
    via: [],
    sent: null,
    delivered: null,
    dropped: {},
    p50: null,
    p99: null,
  };
  assertEquals(edgeTable([EDGE, command], () => 1_204), [
    "edge          mode     rate    sent  delivered  dropped                          p50    p99",
    "a → gate → b  hub   1,204/s  12,345     12,000  300 buffer_full, 40 expired  1.23 ms  2.1 s",
    "a → b         hub   1,204/s       ?          ?  0                                  –      –",
  ]);
});

Deno.test("one line has the edges, and the drops alone where there are some", () => {
  assertEquals(
    edgeLine(7.6, [EDGE, { ...EDGE, dropped: {} }], () => 9.5),
    "   8 s  a → gate → b 9.5/s (dropped 300 buffer_full, 40 expired); a → gate → b 9.5/s",
  );
});

Deno.test("rates and latencies keep what matters of them", () => {
  assertEquals([0, 3.46, 10, 1_234_567].map(formatRate), ["0/s", "3.5/s", "10/s", "1,234,567/s"]);
  assertEquals([null, 0.4166, 12.6, 1_500].map(formatLatency), ["–", "0.42 ms", "13 ms", "1.5 s"]);
});
