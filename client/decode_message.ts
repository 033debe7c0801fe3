import type {
  FlowInstance,
  FlowMessage,
  FlowNode,
  Relationship,
  RelationshipPair,
} from "../contracts/flow.ts";

/**
 * Reads a message that a router sends. The router has held it against the whole contract when it was
 * posted, so this looks only for what the type promises to the reader: a page need not carry the
 * schema library, which is a hundred times the size of this.
 *
 * @returns undefined when the value is no FlowMessage
 */
export function decodeMessage(value: unknown): FlowMessage | undefined {
  if (!isObject(value)) return undefined;
  switch (value["type"]) {
    case "snapshot": {
      // Routers that leave out empty lists exist.
      const { flow, nodes = [], relationships = [] } = value;
      return isFlow(flow) && isListOf(nodes, isNode) && isListOf(relationships, isRelationship)
        ? { ...value, type: "snapshot", flow, nodes, relationships }
        : undefined;
    }
    case "upsert-flow":
      return isFlow(value["flow"]) ? value as FlowMessage : undefined;
    case "upsert-nodes":
      return isListOf(value["nodes"], isNode) ? value as FlowMessage : undefined;
    case "upsert-rels":
      return isListOf(value["relationships"], isRelationship) ? value as FlowMessage : undefined;
    case "delete-nodes":
      return isListOf(value["ids"], isString) ? value as FlowMessage : undefined;
    case "delete-rels":
      return isListOf(value["pairs"], isPair) ? value as FlowMessage : undefined;
    default:
      return undefined;
  }
}

type Guard = (value: unknown) => boolean;

const isString = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function has(value: unknown, required: Record<string, Guard>, optional: Record<string, Guard>) {
  return isObject(value) &&
    Object.entries(required).every(([key, guard]) => guard(value[key])) &&
    Object.entries(optional).every(([key, guard]) => value[key] === undefined || guard(value[key]));
}

const isTrigger = (value: unknown): value is { flowId: string } =>
  has(value, { flowId: isString, when: isString }, {});

const isFlow = (value: unknown): value is FlowInstance =>
  has(value, { id: isString, status: isString, startedAt: isNumber }, {
    definitionId: isString,
    parentFlowId: isString,
    triggeredBy: (list) => isListOf(list, isTrigger),
    endedAt: isNumber,
    meta: isObject,
  });

const isNode = (value: unknown): value is FlowNode =>
  has(value, { id: isString, flowId: isString, label: isString, status: isString }, {
    family: isString,
    region: isString,
    startedAt: isNumber,
    endedAt: isNumber,
    meta: isObject,
  });

const isPair = (value: unknown): value is RelationshipPair =>
  has(value, { fromId: isString, toId: isString, type: isString }, {
    fromFlowId: isString,
    toFlowId: isString,
  });

const isRelationship = (value: unknown): value is Relationship =>
  isPair(value) && has(value, {}, { condition: isString, lag: isNumber });
