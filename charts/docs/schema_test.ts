import { assertEquals, assertThrows } from "@std/assert";
import { valuesSchema } from "./schema.ts";

const value = { description: "it", schema: {} };

Deno.test("only documented keys are allowed, at every level", () => {
  const schema = valuesSchema([{ path: ["a", "b"], default: 1, ...value }], ["sub"]);
  assertEquals(schema, {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    additionalProperties: false,
    properties: {
      a: {
        type: "object",
        additionalProperties: false,
        properties: { b: { description: "it", type: "integer" } },
      },
      sub: { type: "object" },
      global: { type: "object", additionalProperties: true },
    },
  });
});

Deno.test("globals that are documented are checked, others may stand beside them", () => {
  const schema = valuesSchema([{ path: ["global", "registry"], default: "", ...value }], []);
  const { global } = schema["properties"] as Record<string, unknown>;
  assertEquals(global, {
    type: "object",
    additionalProperties: true,
    properties: { registry: { description: "it", type: "string" } },
  });
});

Deno.test("the type comes from the default, unless the schema comment says another", () => {
  const typeOf = (default_: unknown, schema = {}) => {
    const [one] = Object.values(
      valuesSchema(
        [{ path: ["x"], default: default_, description: "", schema }],
        [],
      )["properties"] as Record<string, { type: unknown }>,
    );
    return one?.type;
  };
  assertEquals([true, "a", 1, 1.5, [], {}].map((value) => typeOf(value)), [
    "boolean",
    "string",
    "integer",
    "number",
    "array",
    "object",
  ]);
  assertEquals(typeOf(1, { type: ["integer", "string"] }), ["integer", "string"]);
  assertThrows(() => typeOf(null), TypeError, "no JSON Schema type");
});
