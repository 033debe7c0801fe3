import { assertEquals, assertThrows } from "@std/assert";
import { readValues, ValuesError } from "./values.ts";

const TEXT = `
top:
  # -- Whether it is on
  enabled: true
  group:
    # -- How many,
    # and why
    # @schema {"minimum": 1}
    count: 3
  # -- Whatever is put in
  # @schema {}
  open:
    inner:
      deep: [1, 2]
# -- A list
list: []
`;

Deno.test("a commented key is a value, with its place, default, meaning and schema", () => {
  assertEquals(readValues(TEXT), [
    { path: ["top", "enabled"], default: true, description: "Whether it is on", schema: {} },
    {
      path: ["top", "group", "count"],
      default: 3,
      description: "How many, and why",
      schema: { minimum: 1 },
    },
    {
      path: ["top", "open"],
      default: { inner: { deep: [1, 2] } },
      description: "Whatever is put in",
      schema: {},
    },
    { path: ["list"], default: [], description: "A list", schema: {} },
  ]);
});

Deno.test("a value without a comment is named", () => {
  assertThrows(() => readValues("a:\n  b: 1\n"), ValuesError, "line 2: a.b has no comment");
});

Deno.test("a schema comment that is not JSON is named", () => {
  const text = "# -- One\n# @schema {minimum: 1}\na: 1\n";
  assertThrows(() => readValues(text), ValuesError, "@schema is not JSON");
});
