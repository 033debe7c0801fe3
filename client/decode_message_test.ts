import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { emptyFlowState, foldInto, snapshotOf } from "../contracts/fold.ts";
import { parseFlowMessage } from "../contracts/parse_message.ts";
import { decodeMessage } from "./decode_message.ts";
import { flowMessages } from "../contracts/testing/arbitraries.ts";

const flow = { id: "f", status: "running", startedAt: 1 };

Deno.test("decodeMessage reads every message that the contract accepts, to the same value", () => {
  fc.assert(fc.property(flowMessages, (message) => {
    const wire = JSON.parse(JSON.stringify(message));
    assertEquals(decodeMessage(wire), parseFlowMessage(wire));
  }));
});

Deno.test("decodeMessage refuses a message with a field of another type, or folds it safely", () => {
  const spoilt = fc.record({
    message: flowMessages,
    at: fc.nat(),
    value: fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.constant({}), fc.constant([])),
  });
  fc.assert(fc.property(spoilt, ({ message, at, value }) => {
    const wire = JSON.parse(JSON.stringify(message));
    spoil(wire, at, value);
    const decoded = decodeMessage(wire);
    if (decoded === undefined) return;
    const state = emptyFlowState("f");
    foldInto(state, decoded);
    assertEquals(snapshotOf(state).type, "snapshot");
    for (const node of state.nodes.values()) {
      assert([node.id, node.flowId, node.label, node.status].every((s) => typeof s === "string"));
    }
  }));
});

/** Puts `value` in the place of the `at`-th field or element of `object`, however deep. */
function spoil(object: unknown, at: number, value: unknown): void {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (item: unknown) => {
    if (typeof item !== "object" || item === null) return;
    for (const key of Object.keys(item)) {
      places.push([item as Record<string, unknown>, key]);
      visit((item as Record<string, unknown>)[key]);
    }
  };
  visit(object);
  const [owner, key] = places[at % places.length]!;
  owner[key] = value;
}

for (
  const [what, value] of Object.entries<unknown>({
    "no object": "snapshot",
    "null": null,
    "a list": [flow],
    "an unknown type": { type: "replace-nodes", nodes: [] },
    "an inherited type": { type: "toString" },
    "no flow": { type: "snapshot", nodes: [], relationships: [] },
    "a flow without a start": { type: "upsert-flow", flow: { id: "f", status: "running" } },
    "triggers that are no list": { type: "upsert-flow", flow: { ...flow, triggeredBy: {} } },
    "a node without a label": {
      type: "upsert-nodes",
      nodes: [{ id: "n", flowId: "f", status: "running" }],
    },
    "a node whose meta is a list": {
      type: "upsert-nodes",
      nodes: [{ id: "n", flowId: "f", label: "n", status: "running", meta: [] }],
    },
    "nodes that are no list": { type: "snapshot", flow, nodes: {} },
    "a relationship without an end": {
      type: "upsert-rels",
      relationships: [{ fromId: "a", type: "contains" }],
    },
    "a lag in words": {
      type: "upsert-rels",
      relationships: [{ fromId: "a", toId: "b", type: "contains", lag: "2s" }],
    },
    "ids that are numbers": { type: "delete-nodes", ids: [1] },
    "no pairs": { type: "delete-rels" },
  })
) {
  Deno.test(`decodeMessage refuses ${what}`, () => {
    assertEquals(decodeMessage(value), undefined);
  });
}

Deno.test("decodeMessage takes absent lists of a snapshot for empty ones", () => {
  assertEquals(decodeMessage({ type: "snapshot", flow }), {
    type: "snapshot",
    flow,
    nodes: [],
    relationships: [],
  });
});

Deno.test("decodeMessage keeps fields that it does not know", () => {
  const node = { id: "n", flowId: "f", label: "n", status: "running", trace: "00-ab-cd-01" };
  const message = { type: "upsert-nodes", nodes: [node] };
  assertEquals(decodeMessage(message), message as unknown as ReturnType<typeof decodeMessage>);
});
