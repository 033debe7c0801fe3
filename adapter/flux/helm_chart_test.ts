import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readHelmChart } from "./helm_chart.ts";
import { condition } from "./testing/release.ts";

Deno.test("what matters of a chart is read", () => {
  const chart = readHelmChart({
    metadata: { namespace: "flux-system", name: "flux-system-bp-loki" },
    status: {
      conditions: [condition("Ready", "True", "ChartPullSucceeded", "pulled 'loki'")],
      artifact: { revision: "1.4.2", url: "http://x" },
    },
  });
  assertEquals(chart?.revision, "1.4.2");
  assertEquals(chart?.conditions.map(({ type, reason }) => [type, reason]), [
    ["Ready", "ChartPullSucceeded"],
  ]);
});

Deno.test("a chart without a status is a chart, an object without a name is none", () => {
  assertEquals(readHelmChart({ metadata: { namespace: "a", name: "b" } }), {
    namespace: "a",
    name: "b",
    conditions: [],
    origin: undefined,
    revision: undefined,
  });
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assertEquals(readHelmChart({ metadata: { namespace: "a" }, status: value }), undefined);
    readHelmChart({ metadata: { name: "a" }, status: value });
  }));
});
