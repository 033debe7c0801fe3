import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SchemaChecks, SchemaError } from "./schema_checks.ts";
import { withDefaults } from "./schema_defaults.ts";

const PERSON = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    name: { type: "string", required: true },
    age: { type: "integer", minimum: 0 },
    tags: { type: "array", items: { $ref: "#/definitions/tag" } },
    voice: {
      type: "object",
      properties: { speed: { type: "number", default: 1 }, codec: { type: "string" } },
    },
  },
  definitions: { tag: { type: "string", maxLength: 3 } },
  additionalProperties: false,
};

const checks = new SchemaChecks();
const fault = (value: Record<string, unknown>, schema: unknown = PERSON) =>
  assertThrows(() => checks.check(schema, value, `outputs of "asr"`), SchemaError).message;

Deno.test("data that keep to their schema pass, and what does not is named with its place", () => {
  checks.check(PERSON, { name: "ann", age: 3, tags: ["a"] }, "");
  const failed = `outputs of "asr" failed schema validation: `;
  assertEquals(fault({ age: 3 }), `${failed}/ must have required property 'name'`);
  assertEquals(fault({ name: "ann", age: -1 }), `${failed}/age must be >= 0`);
  assertEquals(
    fault({ name: "ann", tags: ["long"] }),
    `${failed}/tags/0 must NOT have more than 3 characters`,
  );
  assertEquals(fault({ name: "ann", x: 1 }), `${failed}/ must NOT have additional properties`);
});

Deno.test("a reference or an expression may stand for any inner value", () => {
  for (
    const age of [{ $bubuStorageRef: "s3://x" }, { $bubuSecretRef: "a/b" }, "{{ inputs.age }}"]
  ) {
    checks.check(PERSON, { name: "ann", age }, "");
  }
  checks.check(PERSON, { name: "ann", tags: [{ $bubuConfigMapRef: "a/b" }] }, "");
});

Deno.test("a schema that cannot be used says so, each time", () => {
  for (let round = 0; round < 2; round++) {
    assert(fault({}, { type: "no such type" }).includes("the template's schema cannot be used"));
  }
  assert(fault({}, "no schema").includes("a schema must be an object"));
  let deep: Record<string, unknown> = {};
  for (let depth = 0; depth < 40; depth++) deep = { properties: { a: deep } };
  assert(fault({}, deep).includes("nested deeper"));
});

Deno.test("defaults fill what is missing, inside of objects too, and change nothing else", () => {
  const given = { name: "ann", voice: { codec: "opus" } };
  assertEquals(checks.complete(PERSON, given, ""), {
    name: "ann",
    voice: { codec: "opus", speed: 1 },
  });
  assertEquals(given, { name: "ann", voice: { codec: "opus" } });
  assertEquals(withDefaults(PERSON, { name: "bob" }), { name: "bob", voice: { speed: 1 } });
  assertEquals(withDefaults({ allOf: [{ properties: { a: { default: [] } } }] }, {}), { a: [] });
});

Deno.test("with defaults every property that was there is as it was", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
    const schema = { properties: { a: { default: 1 }, b: { properties: { c: { default: 2 } } } } };
    const full = withDefaults(schema, value);
    for (const [key, known] of Object.entries(value)) {
      if (key !== "b") assertEquals(full[key], known);
    }
    assertEquals(withDefaults(schema, full), full);
  }));
});
