import { type FlowMessage, MAX_ID_LENGTH, relationshipTypeSchema } from "./flow.ts";

// deno-lint-ignore no-control-regex
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;
const RELATIONSHIP_TYPES: ReadonlySet<unknown> = new Set(relationshipTypeSchema.options);
const CONDITIONS: ReadonlySet<unknown> = new Set(["on-success", "on-failure", "always"]);

type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether a decoded JSON value is, as it stands, one of the messages that come in masses: nodes or
 * relationships, nothing to drop, nothing to fill in. It takes a tenth of the time that the schemas
 * take (measured: 0.1 µs against 1.3). What it does not know for sure, right or wrong, is for
 * `parseFlowMessage` to say.
 */
export function isPlainMessage(value: unknown): value is FlowMessage {
  if (!isObject(value)) return false;
  switch (value["type"]) {
    case "upsert-nodes":
      return hasNothingToDrop(value) && every(value["nodes"], isNode);
    case "upsert-rels":
      return hasNothingToDrop(value) && every(value["relationships"], isRelationship);
    default:
      return false;
  }
}

function every(list: unknown, check: (item: Fields) => boolean): boolean {
  return Array.isArray(list) && list.length > 0 &&
    list.every((item) => isObject(item) && hasNothingToDrop(item) && check(item));
}

function isNode({ id, flowId, label, status, family, region, startedAt, endedAt, meta }: Fields) {
  return isId(id) && isId(flowId) && typeof label === "string" && typeof status === "string" &&
    (family === undefined || typeof family === "string") &&
    (region === undefined || typeof region === "string") &&
    (startedAt === undefined || Number.isSafeInteger(startedAt)) &&
    (endedAt === undefined || Number.isSafeInteger(endedAt)) &&
    (meta === undefined || isObject(meta) && !Object.hasOwn(meta, "__proto__"));
}

function isRelationship(relationship: Fields): boolean {
  const { fromId, toId, fromFlowId, toFlowId, type, condition, lag } = relationship;
  return isId(fromId) && isId(toId) && RELATIONSHIP_TYPES.has(type) &&
    (fromFlowId === undefined || isId(fromFlowId)) && (toFlowId === undefined || isId(toFlowId)) &&
    (condition === undefined || CONDITIONS.has(condition)) &&
    (lag === undefined || Number.isSafeInteger(lag) && (lag as number) >= 0);
}

function isId(id: unknown): boolean {
  return typeof id === "string" && id.length > 0 && id.length <= MAX_ID_LENGTH &&
    !CONTROL_CHARACTER.test(id);
}

/** No null that stands for an absent field, and no key that is a prototype in disguise. */
function hasNothingToDrop(object: Fields): boolean {
  for (const key in object) if (object[key] === null || key === "__proto__") return false;
  return true;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
