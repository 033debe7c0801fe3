import { assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError } from "./contract_error.ts";
import { FLOW_MESSAGE_TYPES, MAX_ID_LENGTH } from "./flow.ts";
import { parseFlowMessage } from "./parse_message.ts";
import { flowMessages } from "./testing/arbitraries.ts";

const NODE = { id: "a", flowId: "f", label: "a", status: "running" };
const FLOW = { id: "f", status: "running", startedAt: 1 };
const EDGE = { fromId: "a", toId: "b", type: "triggers" };
const nodes = (node: unknown) => ({ type: "upsert-nodes", nodes: [NODE, node] });
const edges = (edge: unknown) => ({ type: "upsert-rels", relationships: [edge] });

Deno.test("every message of the contract is read as it was written", () => {
  fc.assert(fc.property(flowMessages, (message) => {
    assertEquals(parseFlowMessage(JSON.parse(JSON.stringify(message))), message);
  }));
});

Deno.test("unknown optional fields pass through at every level", () => {
  const message = {
    type: "upsert-nodes",
    traceparent: "00-1",
    nodes: [{ ...NODE, owner: { team: "a" }, meta: { any: [1, null] } }],
  };
  assertEquals(parseFlowMessage(message) as unknown, message);
});

Deno.test("a null where the contract has an optional field means that the field is absent", () => {
  const message = { type: "upsert-nodes", flow: null, nodes: [{ ...NODE, endedAt: null }] };
  assertEquals(parseFlowMessage(message), { type: "upsert-nodes", nodes: [NODE] });
  assertEquals(
    parseFlowMessage({ type: "upsert-flow", flow: { ...FLOW, meta: null, triggeredBy: null } }),
    { type: "upsert-flow", flow: FLOW },
  );
});

Deno.test("a null inside meta stays", () => {
  const message = { type: "upsert-flow" as const, flow: { ...FLOW, meta: { gone: null } } };
  assertEquals(parseFlowMessage(message), message);
});

Deno.test("a snapshot without lists has empty ones", () => {
  assertEquals(parseFlowMessage({ type: "snapshot", flow: FLOW }), {
    type: "snapshot",
    flow: FLOW,
    nodes: [],
    relationships: [],
  });
});

Deno.test("a __proto__ key changes no prototype", () => {
  const message = parseFlowMessage(
    JSON.parse(
      `{"type":"upsert-nodes","__proto__":{"x":1},"nodes":[{"id":"a","flowId":"f","label":"a",` +
        `"status":"s","__proto__":{"x":1},"meta":{"__proto__":{"x":1}}}]}`,
    ),
  );
  if (message.type !== "upsert-nodes") throw new Error(message.type);
  for (const object of [message, message.nodes[0]!, message.nodes[0]!.meta!]) {
    assertStrictEquals(Object.getPrototypeOf(object), Object.prototype);
    assertStrictEquals((object as Record<string, unknown>)["x"], undefined);
  }
});

const REFUSED: [name: string, value: unknown, detail: RegExp][] = [
  ["null", null, /a FlowMessage is a JSON object, not null/],
  ["an array in an array", [], /not an array/],
  ["a text", "snapshot", /not a string/],
  ["no type", {}, /unknown message type undefined: expected one of snapshot, /],
  ["an unknown type", { type: "banana" }, /unknown message type "banana"/],
  ["an inherited type", { type: "constructor" }, /unknown message type "constructor"/],
  ["a snapshot without flow", { type: "snapshot" }, /^snapshot: flow is required$/],
  ["a snapshot with flow null", { type: "snapshot", flow: null }, /^snapshot: flow is required$/],
  ["upsert-flow without flow", { type: "upsert-flow" }, /^upsert-flow: flow is required$/],
  ["upsert-nodes without nodes", { type: "upsert-nodes" }, /^upsert-nodes: nodes is required$/],
  ["upsert-nodes with none", { type: "upsert-nodes", nodes: [] }, /nodes must be non-empty/],
  ["upsert-rels with none", { type: "upsert-rels", relationships: [] }, /must be non-empty/],
  ["delete-nodes with none", { type: "delete-nodes", ids: [] }, /ids must be non-empty/],
  ["delete-rels with none", { type: "delete-rels", pairs: [] }, /pairs must be non-empty/],
  ["an empty node", nodes({}), /nodes\[1\]\.id is required/],
  ["a null node", nodes(null), /nodes\[1\] must be an object, not null/],
  ["an empty id", nodes({ ...NODE, id: "" }), /nodes\[1\]\.id must be non-empty/],
  ["a control character in an id", nodes({ ...NODE, id: "a\u0085" }), /free of control characters/],
  ["a long id", nodes({ ...NODE, id: "a".repeat(MAX_ID_LENGTH + 1) }), /at most 512 characters/],
  [
    "a node without status",
    nodes({ ...NODE, status: undefined }),
    /nodes\[1\]\.status is required/,
  ],
  ["a fractional time", nodes({ ...NODE, startedAt: 1.5 }), /startedAt must be an integer/],
  ["a time as text", nodes({ ...NODE, startedAt: "1" }), /startedAt must be an integer/],
  ["meta as a list", nodes({ ...NODE, meta: [] }), /meta must be an object, not an array/],
  [
    "an unknown relationship",
    edges({ ...EDGE, type: "bogus" }),
    /type must be one of contains, .*"bogus"/,
  ],
  [
    "an unknown condition",
    edges({ ...EDGE, condition: "maybe" }),
    /condition must be one of on-success/,
  ],
  ["a negative lag", edges({ ...EDGE, lag: -5 }), /lag must be 0 or more seconds/],
  ["a fractional lag", edges({ ...EDGE, lag: 0.5 }), /lag must be an integer/],
  ["a bad trigger", {
    type: "upsert-flow",
    flow: { ...FLOW, triggeredBy: [{ flowId: "g", when: "now" }] },
  }, /flow\.triggeredBy\[0\]\.when must be one of success, failure, always, not "now"/],
  ["an id that is no text", { type: "delete-nodes", ids: [1] }, /ids\[0\] must be a string/],
];

for (const [name, value, detail] of REFUSED) {
  Deno.test(`${name} is refused with the field's name`, () => {
    const error = assertThrows(() => parseFlowMessage(value), ContractError);
    assertMatch(error.message, detail);
  });
}

Deno.test("any JSON value is either a message or a ContractError, never another failure", () => {
  const almost = fc.record({
    type: fc.oneof(fc.constantFrom(...FLOW_MESSAGE_TYPES), fc.jsonValue()),
    flow: fc.jsonValue(),
    nodes: fc.jsonValue(),
    ids: fc.jsonValue(),
    pairs: fc.array(fc.jsonValue()),
  }, { requiredKeys: ["type"] });
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), almost), (value) => {
    try {
      parseFlowMessage(value);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
    }
  }));
});
