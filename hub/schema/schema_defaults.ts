import type { JsonObject } from "../../contracts/transport/packet.ts";

/** Schemas inside each other that defaults are looked for in. */
const MAX_DEPTH = 32;

/** A value with the schema's defaults where it has no properties of its own; the value stays. */
export function withDefaults(schema: unknown, value: JsonObject, depth = 0): JsonObject {
  if (!isObject(schema) || depth > MAX_DEPTH) return value;
  let result = value;
  const all = schema["allOf"];
  for (const part of Array.isArray(all) ? all : []) result = withDefaults(part, result, depth + 1);
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue;
    const known = Object.hasOwn(result, name) ? result[name] : undefined;
    const filled = known === undefined
      ? defaultOf(property, depth + 1)
      : isObject(known)
      ? withDefaults(property, known, depth + 1)
      : known;
    if (filled !== known) result = { ...result, [name]: filled };
  }
  return result;
}

/** A property that is not there: its default, or an object of the defaults inside of it. */
function defaultOf(schema: JsonObject, depth: number): unknown {
  if (Object.hasOwn(schema, "default")) return structuredClone(schema["default"]);
  if (schema["type"] !== undefined && schema["type"] !== "object") return undefined;
  const made = withDefaults(schema, {}, depth);
  return Object.keys(made).length === 0 ? undefined : made;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
