import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { markdown } from "./markdown.ts";
import type { Results } from "./results.ts";
import { fanOutResult, ingestResult, NOTHING, stormResult } from "./testing.ts";

/** The text without what only makes it look even. */
const shown = (results: Results) =>
  markdown(results).replaceAll(/ +/g, " ").replaceAll(/(\S)\n(?=[^|\n-])/g, "$1 ");

Deno.test("only what was measured is shown", () => {
  assertEquals(
    shown(NOTHING),
    "Measured on 2026-11-21: 2 cores. The server has one core, the load client the other; " +
      "4 s a measurement, on 127.0.0.1, all in one run: compare the servers, not the absolute " +
      "figures. Before a load each server takes some thousand messages, so that compilers at run " +
      "time have done their work; memory is measured before that.\n",
  );
});

Deno.test("a cell is shown with its peer's label and what it still owes", () => {
  const text = shown({
    ...NOTHING,
    fanOut: [
      fanOutResult({ peer: "nchan", missing: 400_000 }),
      fanOutResult({ latencyMs: { p50: null, p99: null, max: null } }),
    ],
  });
  assertStringIncludes(
    text,
    "| 1000 × 1000 | Nchan | 1,000,000 | 2.00 | 2,000,000 | 1.50 | 20.0 | 20 | 10.0 % |\n" +
      "| 1000 × 1000 | Headrace | 1,000,000 | 2.00 | 2,000,000 | – | – | 20 | – |\n",
  );
});

Deno.test("a run that others disturbed says so", () => {
  const quiet = { ...NOTHING, fanOut: [fanOutResult({ othersCpuShare: 0.09 })] };
  assertFalse(shown(quiet).includes("disturbed"));
  const loud = { ...quiet, ingest: [ingestResult({ othersCpuShare: 0.74 })] };
  assertStringIncludes(shown(loud), "disturbed 1 of 2 measurements: they used up to 0.7 of");
});

Deno.test("every part has its table", () => {
  const text = shown({
    ...NOTHING,
    pinned: false,
    idle: [fanOutResult({})],
    connections: [fanOutResult({ subscribers: 18_000, missing: 3 })],
    ingest: [ingestResult({}), ingestResult({ form: "ndjson", messagesPerRequest: 100 })],
    storm: [stormResult({})],
    snapshot: [{
      peer: "headrace",
      nodes: 2000,
      bytes: 300 * 1024,
      kind: "get",
      ms: { p50: 123.4, p99: 1, max: 1 },
    }],
    skipped: [{ what: "nchan", why: "it is not here" }],
  });
  for (
    const part of [
      "share the cores",
      "| Headrace | 1.50 | 20.0 |",
      "| 18,000 | Headrace |",
      "| Headrace | 100, NDJSON | 10,000 |",
      "#### 5,000 clients come back at once, each 100 behind",
      "#### Snapshot of 2,000 nodes, 300 KB",
      "| GET, the flow has changed | 123 | 1.00 |",
      "- nchan: it is not here",
      "| **no** |",
    ]
  ) assertStringIncludes(text, part);
});
