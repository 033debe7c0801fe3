import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { deepEqual, differingPaths } from "./deep_equal.ts";

Deno.test("every JSON value equals its copy, whatever the order of its fields", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
    const turned = Object.fromEntries(Object.entries(structuredClone(value)).reverse());
    assert(deepEqual(value, turned));
  }));
});

Deno.test("a path leads to each difference, as high up as it begins", () => {
  const a = { spec: { hold: 3, list: [1, 2] }, status: { conditions: [{ type: "Ready" }] } };
  const b = { spec: { hold: 2, list: [1] }, status: { conditions: [{ type: "Stalled" }] } };
  assertEquals(differingPaths(a, b, ""), [
    ".spec.hold",
    ".spec.list",
    ".status.conditions.0.type",
  ]);
});

Deno.test("absent, null, empty list and empty object are four things", () => {
  const values = [undefined, null, [], {}];
  for (const [i, a] of values.entries()) {
    for (const [j, b] of values.entries()) assertEquals(deepEqual({ a }, { a: b }), i === j);
  }
  assertFalse(deepEqual({ a: null }, {}));
});
