/** Generators of contract values for property tests; small id spaces, so that keys collide often. */
import fc from "fast-check";
import type {
  FlowInstance,
  FlowMessage,
  FlowNode,
  Relationship,
  RelationshipPair,
} from "../flow.ts";
import { FLOW_MESSAGE_TYPES, relationshipTypeSchema } from "../flow.ts";

/** Messages of this flow are generated; `sister` stands for another flow that it points at. */
export const FLOW_ID = "rollout";
const FLOWS = [FLOW_ID, "sister"];
const IDS = ["fsn1/a", "fsn1/b", "fsn1/c", "hel1/a", "hel1/b", "constructor", "ключ 1"];

const id = fc.constantFrom(...IDS);
const status = fc.constantFrom("pending", "running", "succeeded", "failed", "odd");
const time = fc.integer({ min: 0, max: 2_000_000_000_000 });
const meta = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 3,
  noNullPrototype: true,
}).filter((value) => !Object.hasOwn(value, "__proto__"));

// An absent optional field, never an undefined one: that is how it looks after a trip over the wire.
function record<T>(
  required: { [K in keyof T]?: fc.Arbitrary<unknown> },
  optional: { [K in keyof T]?: fc.Arbitrary<unknown> },
): fc.Arbitrary<T> {
  return fc.record({ ...required, ...optional } as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: Object.keys(required),
    noNullPrototype: true,
  }) as fc.Arbitrary<T>;
}

export const flowInstances = record<FlowInstance>(
  { id: fc.constant(FLOW_ID), status, startedAt: time },
  { definitionId: fc.string(), endedAt: time, meta },
);

export const flowNodes = record<FlowNode>(
  { id, flowId: fc.constantFrom(...FLOWS), label: fc.string(), status },
  {
    family: fc.string(),
    region: fc.constantFrom("fsn1", "hel1"),
    startedAt: time,
    endedAt: time,
    meta,
  },
);

const endpoints = {
  fromId: id,
  toId: id,
  type: fc.constantFrom(...relationshipTypeSchema.options),
};
const flows = { fromFlowId: fc.constantFrom(...FLOWS), toFlowId: fc.constantFrom(...FLOWS) };

export const relationships = record<Relationship>(endpoints, {
  ...flows,
  condition: fc.constantFrom("on-success", "on-failure", "always"),
  lag: fc.nat(3600),
});

const pairs = record<RelationshipPair>(endpoints, flows);

const few = { minLength: 1, maxLength: 4 };

export const flowMessages: fc.Arbitrary<FlowMessage> = fc.constantFrom(...FLOW_MESSAGE_TYPES)
  .chain((type): fc.Arbitrary<FlowMessage> => {
    switch (type) {
      case "snapshot":
        return fc.record({
          type: fc.constant(type),
          flow: flowInstances,
          nodes: fc.array(flowNodes, { maxLength: 4 }),
          relationships: fc.array(relationships, { maxLength: 4 }),
        });
      case "upsert-flow":
        return fc.record({ type: fc.constant(type), flow: flowInstances });
      case "upsert-nodes":
        return fc.record({ type: fc.constant(type), nodes: fc.array(flowNodes, few) });
      case "upsert-rels":
        return fc.record({ type: fc.constant(type), relationships: fc.array(relationships, few) });
      case "delete-nodes":
        return fc.record({ type: fc.constant(type), ids: fc.array(id, few) });
      case "delete-rels":
        return fc.record({ type: fc.constant(type), pairs: fc.array(pairs, few) });
    }
  });
