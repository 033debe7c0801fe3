import { assertEquals } from "@std/assert";
import type { Results } from "./results.ts";
import { judge } from "./targets.ts";
import { fanOutResult, ingestResult, NOTHING, stormResult } from "./testing.ts";

const judged = (some: Partial<Results>) =>
  judge({ ...NOTHING, ...some }).map(({ target, met }) => [target, met]);

const latency = (p50: number, p99: number) => ({ p50, p99, max: p99 });

Deno.test("what was not measured is not judged", () => {
  assertEquals(judge(NOTHING), []);
});

Deno.test("the full load asks for deliveries and for p99", () => {
  const cell = fanOutResult({ deliveriesPerSecond: 949_999, latencyMs: latency(1, 100) });
  assertEquals(judged({ fanOut: [cell] }).slice(0, 2), [
    ["1000 × 1000: at least 950,000 deliveries/s", false],
    ["1000 × 1000: p99 under 100 ms", false],
  ]);
  const better = fanOutResult({ deliveriesPerSecond: 950_000, latencyMs: latency(1, 99.9) });
  assertEquals(judged({ fanOut: [better] }).slice(0, 2).map(([, met]) => met), [true, true]);
});

Deno.test("the full load asks for five times Nchan's and twice plain Go's, a small one for Nchan's", () => {
  const cell = (peer: string, rate: number, deliveriesPerCpuSecond: number) =>
    fanOutResult({ peer, rate, deliveriesPerCpuSecond });
  const fanOut = [
    cell("headrace", 1000, 500),
    cell("nchan", 1000, 101),
    cell("go", 1000, 250),
    cell("headrace", 40, 100),
    cell("nchan", 40, 100),
    cell("go", 40, 100),
  ];
  assertEquals(judged({ fanOut }).filter(([target]) => String(target).includes("CPU")), [
    ["1000 × 40: at least 1 × Nchan's deliveries per CPU second", true],
    ["1000 × 1000: at least 5 × Nchan's deliveries per CPU second", false],
    ["1000 × 1000: at least 2 × plain Go's deliveries per CPU second", true],
  ]);
});

Deno.test("memory is judged at 5,000 connections, wholeness at 18,000", () => {
  const held = (subscribers: number, kbPerConnection: number, missing: number) =>
    fanOutResult({ subscribers, rate: 1, kbPerConnection, missing });
  assertEquals(
    judged({ connections: [held(5000, 25.1, 0), held(18_000, 99, 0)] }).map(([, met]) => met),
    [false, true, true],
  );
  assertEquals(
    judged({ connections: [held(5000, 25, 0), held(18_000, 1, 1)] }).map(([, met]) => met),
    [true, false, false],
  );
});

Deno.test("an idle flow's median, the storm and ingest are judged against their yardsticks", () => {
  const some = {
    idle: [fanOutResult({ latencyMs: latency(1.99, 50) }), fanOutResult({ peer: "nchan" })],
    storm: [stormResult({ wholeMs: 899 }), stormResult({ peer: "nchan" })],
    ingest: [
      ingestResult({ requestsPerSecond: 600 }),
      ingestResult({ peer: "echo", requestsPerSecond: 1000 }),
      ingestResult({ form: "batch", messagesPerSecond: 300_000 }),
    ],
  };
  assertEquals(judged(some).map(([, met]) => met), [true, true, true, true, true]);
  const worse = {
    idle: [fanOutResult({ latencyMs: latency(2, 2) })],
    storm: [stormResult({ wholeMs: 900 }), stormResult({ peer: "nchan" })],
    ingest: [
      ingestResult({ requestsPerSecond: 599 }),
      ingestResult({ peer: "echo", requestsPerSecond: 1000 }),
      ingestResult({ form: "batch", messagesPerSecond: 299_999 }),
    ],
  };
  assertEquals(judged(worse).map(([, met]) => met), [false, false, false, false, true]);
});

Deno.test("a post that is cheap only because others held the echo up is not taken for cheap", () => {
  const ingest = [
    ingestResult({ requestsPerSecond: 700, messagesPerCpuSecond: 500 }),
    ingestResult({ peer: "echo", requestsPerSecond: 1000, messagesPerCpuSecond: 1000 }),
  ];
  assertEquals(judged({ ingest }).map(([, met]) => met), [false]);
});

Deno.test("a peer may lose messages, the router may not", () => {
  const lost = { missing: 1 };
  const last = (fanOut: Results["fanOut"]) => judged({ fanOut }).at(-1);
  const target = "nothing lost and nothing twice in the whole run";
  assertEquals(last([fanOutResult({}), fanOutResult({ peer: "nchan", ...lost })]), [target, true]);
  assertEquals(last([fanOutResult(lost)]), [target, false]);
});
