import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sameJson } from "./same_json.ts";

Deno.test("the order of keys does not count, the order of items does", () => {
  assert(sameJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }));
  assert(!sameJson([1, 2], [2, 1]));
});

Deno.test("undefined counts as absent, null does not", () => {
  assert(sameJson({ a: undefined }, {}));
  assert(sameJson({ a: undefined, b: 1 }, { b: 1, c: undefined }));
  assert(!sameJson({ a: null }, {}));
  assert(!sameJson({ a: undefined }, { b: 1 }));
});

Deno.test("a list is no object, and what only the prototype has does not count", () => {
  assert(!sameJson([], {}));
  assert(!sameJson({}, []));
  assert(!sameJson({ constructor: 1 }, {}));
  assert(!sameJson({}, { toString: undefined, constructor: 1 }));
});

Deno.test("sameJson agrees with comparing canonical JSON", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(fc.property(value, value, (a, b) => {
    assert(sameJson(a, structuredClone(a)));
    assertEquals(sameJson(a, b), canonical(a) === canonical(b));
  }));
});

function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item) =>
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => a < b ? -1 : 1))
        // JSON has one zero.
        : item === 0
        ? 0
        : item,
  );
}
