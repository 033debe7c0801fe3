import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage, FlowNode } from "../contracts/flow.ts";
import { emptyFlowState, fold, snapshotOf } from "../contracts/fold.ts";
import { FLOW_ID, flowMessages } from "../contracts/testing/arbitraries.ts";
import { MAX_BYTES, MAX_OBJECTS, toBatches } from "./outbox_batch.ts";

const nodes = (count: number, label = ""): FlowNode[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `n${i}`,
    flowId: FLOW_ID,
    label,
    status: "pending",
  }));
const bytesOf = (batch: readonly FlowMessage[]) =>
  new TextEncoder().encode(JSON.stringify(batch)).length;

Deno.test("few messages travel in one body", () => {
  const messages: FlowMessage[] = [
    { type: "delete-nodes", ids: ["a"] },
    { type: "upsert-nodes", nodes: nodes(3) },
  ];
  assertEquals(toBatches(messages), [messages]);
  assertEquals(toBatches([]), []);
});

Deno.test("an envelope holds a few hundred objects", () => {
  const batches = toBatches([{ type: "upsert-nodes", nodes: nodes(2 * MAX_OBJECTS + 1) }]);
  const sizes = batches.flat().map((m) => m.type === "upsert-nodes" ? m.nodes.length : 0);
  assertEquals(sizes, [MAX_OBJECTS, MAX_OBJECTS, 1]);
});

Deno.test("a body stays below its limit", () => {
  const batches = toBatches([{ type: "upsert-nodes", nodes: nodes(1_000, "ü".repeat(2_048)) }]);
  assert(batches.length >= 8);
  for (const batch of batches) assert(bytesOf(batch) <= MAX_BYTES);
});

Deno.test("an object larger than a body travels alone", () => {
  const [small, large] = [nodes(2), nodes(1, "x".repeat(2_000))];
  const batches = toBatches(
    [{ type: "upsert-nodes", nodes: [...small, ...large, ...small] }],
    1_000,
  );
  assertEquals(
    batches.map(([message]) => message?.type === "upsert-nodes" && message.nodes.length),
    [
      2,
      1,
      2,
    ],
  );
});

Deno.test("cutting messages changes neither their order nor what they amount to", () => {
  const several = fc.array(flowMessages, { maxLength: 8 });
  fc.assert(fc.property(several, fc.integer({ min: 1, max: 2_000 }), (messages, maxBytes) => {
    const cut = toBatches(messages, maxBytes);
    const fromEmpty = (list: readonly FlowMessage[]) =>
      snapshotOf(list.reduce(fold, emptyFlowState(FLOW_ID)));
    assertEquals(fromEmpty(cut.flat()), fromEmpty(messages));
    for (const batch of cut) {
      assert(batch.length > 0);
      assert(batch.length === 1 || bytesOf(batch) <= maxBytes + 2 + 48);
    }
  }));
});
