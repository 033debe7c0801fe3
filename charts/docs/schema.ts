import type { ChartValue } from "./values.ts";

type Schema = Record<string, unknown>;

/**
 * The `values.schema.json` of a chart. No key but the documented ones is taken, so that a misspelt
 * value is an error and not silently without effect.
 *
 * @param subcharts names of dependencies, whose values are theirs to check
 */
export function valuesSchema(values: readonly ChartValue[], subcharts: readonly string[]): Schema {
  const root = group();
  for (const value of values) {
    let place = root;
    for (const key of value.path.slice(0, -1)) {
      place = (properties(place)[key] ??= group()) as Schema;
    }
    properties(place)[value.path.at(-1)!] = leaf(value);
  }
  for (const name of subcharts) properties(root)[name] ??= { type: "object" };
  // Globals are everybody's: another chart of the same umbrella may have its own.
  const global = properties(root)["global"] as Schema | undefined;
  properties(root)["global"] = { ...global, type: "object", additionalProperties: true };
  return { $schema: "http://json-schema.org/draft-07/schema#", ...root };
}

function group(): Schema {
  return { type: "object", additionalProperties: false, properties: {} };
}

function properties(schema: Schema): Record<string, unknown> {
  return schema["properties"] as Record<string, unknown>;
}

function leaf({ default: value, description, schema }: ChartValue): Schema {
  return { description, type: typeOf(value), ...schema };
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (["string", "boolean", "object"].includes(typeof value) && value !== null) return typeof value;
  throw new TypeError(`no JSON Schema type for a default of ${value}`);
}
