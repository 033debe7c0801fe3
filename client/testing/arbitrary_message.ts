import fc from "fast-check";
import type {
  FlowInstance,
  FlowMessage,
  FlowNode,
  Relationship,
  RelationshipPair,
  RelationshipType,
} from "../../contracts/flow.ts";

/** Few ids, so that messages meet each other's nodes. */
const id = fc.constantFrom("fsn1", "fsn1/bp-cilium", "hel1/bp-flux", "ü ∆ 😀", "a:b");
const time = fc.integer({ min: 0, max: 2 ** 45 });
const meta = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 3,
});
const type = fc.constantFrom<RelationshipType>("contains", "finish-to-start", "triggers");

function record<T>(
  value: Record<string, fc.Arbitrary<unknown>>,
  requiredKeys: (keyof T & string)[],
): fc.Arbitrary<T> {
  const any: fc.Arbitrary<unknown> = fc.record(value, { requiredKeys, noNullPrototype: true });
  return any as fc.Arbitrary<T>;
}

/** Any flow object. */
export const arbitraryFlow = record<FlowInstance>({
  id,
  definitionId: fc.string(),
  parentFlowId: id,
  triggeredBy: fc.array(
    fc.record({ flowId: id, when: fc.constantFrom("success", "failure", "always") }),
    { maxLength: 2 },
  ),
  status: fc.string(),
  startedAt: time,
  endedAt: time,
  meta,
}, ["id", "status", "startedAt"]);

/** Any node of the flow `flowId`. */
export const arbitraryNode = (flowId: string) =>
  record<FlowNode>({
    id,
    flowId: fc.constant(flowId),
    label: fc.string({ unit: "binary", maxLength: 12 }),
    status: fc.constantFrom("pending", "running", "succeeded", "failed", "odd"),
    family: fc.string(),
    region: fc.constantFrom("fsn1", "hel1"),
    startedAt: time,
    endedAt: time,
    meta,
  }, ["id", "flowId", "label", "status"]);

const pair = { fromId: id, toId: id, fromFlowId: id, toFlowId: id, type };

const arbitraryPair = record<RelationshipPair>(pair, ["fromId", "toId", "type"]);

const arbitraryRelationship = record<Relationship>({
  ...pair,
  condition: fc.constantFrom("on-success", "on-failure", "always"),
  lag: fc.nat(),
}, ["fromId", "toId", "type"]);

const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 4 });

/** Any message that may be posted to the flow `flowId`. */
export const arbitraryMessage = (flowId: string): fc.Arbitrary<FlowMessage> =>
  fc.oneof(
    fc.record({
      type: fc.constant("snapshot" as const),
      flow: arbitraryFlow,
      nodes: fc.array(arbitraryNode(flowId), { maxLength: 4 }),
      relationships: fc.array(arbitraryRelationship, { maxLength: 4 }),
    }),
    fc.record({ type: fc.constant("upsert-flow" as const), flow: arbitraryFlow }),
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant("upsert-nodes" as const),
        nodes: some(arbitraryNode(flowId)),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("upsert-rels" as const),
        relationships: some(arbitraryRelationship),
      }),
    },
    fc.record({ type: fc.constant("delete-nodes" as const), ids: some(id) }),
    fc.record({ type: fc.constant("delete-rels" as const), pairs: some(arbitraryPair) }),
  );
