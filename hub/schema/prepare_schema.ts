import { ContractError } from "../../contracts/contract_error.ts";

type Node = { [key: string]: unknown };

/** What may stand for a value: data in storage, a ConfigMap or a Secret, or an expression. */
export const REFERENCE_ID = "urn:headrace:reference";

/** The schema of what may stand for a value. */
export const REFERENCE_SCHEMA = {
  $id: REFERENCE_ID,
  anyOf: [
    ...["$bubuStorageRef", "$bubuConfigMapRef", "$bubuSecretRef"].map((key) => ({
      type: "object",
      required: [key],
    })),
    { type: "string", pattern: "^\\s*\\$?\\{\\{[\\s\\S]+\\}\\}\\s*$" },
  ],
} as const;

/** Schemas inside each other, and in all: what a template's author may make the hub walk through. */
const MAX_DEPTH = 32;
const MAX_NODES = 10_000;

/** Where schemas are inside of a schema. */
const SINGLE = ["additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"];
const MAPS = ["properties", "patternProperties", "definitions", "$defs"];
const LISTS = ["allOf", "anyOf", "oneOf"];
/** Of these, the places where a value of its own stands, which a reference may take. */
const VALUES: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
]);

/**
 * A template's schema as validators of today read it: `required: true` of a property becomes an
 * entry of its parent's list, and in the place of every inner value a reference may stand. The
 * root stays where it is, since `#/…` points into it.
 *
 * @throws {ContractError} when it is no schema, or too large
 */
export function prepareSchema(schema: unknown): Node {
  if (!isNode(schema)) throw new ContractError("a schema must be an object");
  return prepare(schema, 0, { nodes: 0 });
}

function prepare(schema: Node, depth: number, count: { nodes: number }): Node {
  if (depth > MAX_DEPTH) throw new ContractError(`is nested deeper than ${MAX_DEPTH} schemas`);
  if (++count.nodes > MAX_NODES) throw new ContractError(`has more than ${MAX_NODES} schemas`);
  const inner = (value: unknown, key: string): unknown => {
    if (!isNode(value)) return value;
    const prepared = prepare(value, depth + 1, count);
    return VALUES.has(key) ? orReference(prepared) : prepared;
  };
  const result: Node = { ...schema };
  // Dialects do not matter here, and an unknown one would be looked up.
  delete result["$schema"];
  if (typeof result["required"] === "boolean") delete result["required"];
  for (const key of SINGLE) if (isNode(schema[key])) result[key] = inner(schema[key], key);
  for (const key of MAPS) {
    const map = schema[key];
    if (!isNode(map)) continue;
    result[key] = Object.fromEntries(
      Object.entries(map).map(([name, value]) => [name, inner(value, key)]),
    );
  }
  for (const key of LISTS) {
    const list = schema[key];
    if (Array.isArray(list)) result[key] = list.map((value) => inner(value, key));
  }
  const { items } = schema;
  if (Array.isArray(items)) result["items"] = items.map((value) => inner(value, "properties"));
  else if (isNode(items)) result["items"] = inner(items, "properties");
  const required = requiredOf(schema);
  if (required.length > 0) result["required"] = required;
  return result;
}

function requiredOf({ required, properties }: Node): string[] {
  const listed = Array.isArray(required)
    ? required.filter((name): name is string => typeof name === "string")
    : [];
  const flagged = Object.entries(isNode(properties) ? properties : {})
    .filter(([, value]) => isNode(value) && value["required"] === true)
    .map(([name]) => name);
  return [...new Set([...listed, ...flagged])];
}

function orReference(schema: Node): Node {
  return Object.keys(schema).length === 0 ? schema : { anyOf: [schema, { $ref: REFERENCE_ID }] };
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
