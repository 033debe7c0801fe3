import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { exceedsDepth } from "./json_depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

Deno.test("depth is counted as the parsed value has it, brackets in strings left out", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.nat(6), (value, limit) => {
    assertEquals(exceedsDepth(JSON.stringify(value), limit), depthOf(value) > limit);
  }));
});

Deno.test("an escaped quote does not end a string", () => {
  assertEquals(exceedsDepth('{"a":"\\"[[[[","b":"\\\\"}', 1), false);
});

Deno.test("text that is no JSON ends too", () => {
  for (const text of ['"', '"\\', "]]]]", "{{{"]) exceedsDepth(text, 2);
});
