import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { markdown } from "./markdown.ts";
import type { HubResults } from "./results.ts";
import { hubResult, NOTHING } from "./testing.ts";

/** The text without what only makes it look even. */
const shown = (results: HubResults) =>
  markdown(results).replaceAll(/ +/g, " ").replaceAll(/(\S)\n(?=[^|\n-])/g, "$1 ");

Deno.test("of a hub's run only what was measured is shown", () => {
  const text = shown(NOTHING);
  assertStringIncludes(text, "Measured on 2026-11-21: 2 cores. The hub has one core");
  assertFalse(text.includes("####"));
});

Deno.test("each part has a table, and a result is in one of them", () => {
  const text = shown({
    ...NOTHING,
    results: [
      hubResult(),
      hubResult({ tls: false, messagesPerSecond: 400_000 }),
      hubResult({ rate: 5000, streams: 64 }),
    ],
    skipped: [{ what: "go", why: "there is no Go" }],
  });
  assertStringIncludes(
    text,
    "| 1 × 100 | Headrace | batched | 250,000 | 4.00 | 128 | 1.50 | 20.0 | 100 | 0 |",
  );
  assertStringIncludes(
    text,
    "| 1 × 100 | Headrace | batched | 400,000 | 4.00 | 128 | 1.50 | 20.0 | 100 | 0 |",
  );
  assertStringIncludes(text, "| 5,000 | 64 × 100 | Headrace | batched | 1.50 | 20.0 | 4.00 |");
  assertStringIncludes(text, "- go: there is no Go");
  assertEquals(text.match(/#### .*/g), [
    "#### As fast as it goes, over mutual TLS 1.3",
    "#### As fast as it goes, without TLS",
    "#### Latency at a fixed rate, over mutual TLS 1.3",
    "#### Targets",
  ]);
});

Deno.test("a hub's run that others disturbed says so", () => {
  const quiet = { ...NOTHING, results: [hubResult({ othersCpuShare: 0.09 })] };
  assertFalse(shown(quiet).includes("disturbed"));
  const loud = { ...NOTHING, results: [hubResult({ othersCpuShare: 0.74 }), hubResult()] };
  assertStringIncludes(shown(loud), "disturbed 1 of 2 measurements: they used up to 0.7 of");
});
