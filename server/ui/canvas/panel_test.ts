import { assertEquals } from "@std/assert";
import type { FlowNode } from "../../../contracts/flow.ts";
import { mapOf } from "../testing/maps.ts";
import { node } from "../testing/rows.ts";
import { factsOf, traceOf } from "./panel.ts";

const NOW = 100_000;

function graphNode(status: string, more: Partial<FlowNode> = {}) {
  const { graph, key } = mapOf([node("vault", "failed"), node("fsn1/harbor", status, more)], []);
  const found = graph.nodes.get(key("fsn1/harbor"));
  if (found === undefined) throw new Error("the graph has lost its node");
  return found;
}

Deno.test("the panel says all that is known of a node, in its order", () => {
  const facts = factsOf(
    graphNode("failed", {
      region: "fsn1",
      family: "registry",
      startedAt: NOW - 60_000,
      endedAt: NOW - 30_000,
      meta: {
        state: "stalled",
        reason: "RetriesExceeded",
        message: "context deadline exceeded",
        blockedBy: ["vault"],
        revision: "1.0.3",
        chart: "bp-harbor",
      },
    }),
    NOW,
  );
  assertEquals(facts, [
    ["Status", "failed"],
    ["State", "Stalled"],
    ["Reason", "RetriesExceeded"],
    ["Message", "context deadline exceeded"],
    ["Waits for", "vault"],
    ["Since", "30s ago"],
    ["Took", "30s"],
    ["Region", "fsn1"],
    ["Family", "registry"],
    ["Revision", "1.0.3"],
    ["Chart", "bp-harbor"],
    ["Id", "fsn1/harbor"],
  ]);
});

Deno.test("what is not known is left out", () => {
  const terms = factsOf(graphNode("pending"), NOW).map(([term]) => term);
  assertEquals(terms, ["Status", "State", "Id"]);
});

Deno.test("a running node has taken as long as it runs", () => {
  const facts = new Map(factsOf(graphNode("running", { startedAt: NOW - 5_000 }), NOW));
  assertEquals(facts.get("Took"), "5s");
});

Deno.test("only an address that a browser may follow is a link to a trace", () => {
  const trace = (meta: Record<string, unknown>) => traceOf(graphNode("running", { meta }));
  assertEquals(trace({ traceUrl: "https://tempo/t/1" }), "https://tempo/t/1");
  assertEquals(trace({ trace: "http://tempo/t/1" }), "http://tempo/t/1");
  assertEquals(trace({ traceUrl: "javascript:alert(1)" }), undefined);
  assertEquals(trace({ trace: 7 }), undefined);
  assertEquals(trace({}), undefined);
});
