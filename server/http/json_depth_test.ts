import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isDeeperThan } from "./json_depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

Deno.test("a value is deeper than every limit below its depth, and no other", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.nat(6), (value, limit) => {
    assertEquals(isDeeperThan(value, limit), depthOf(value) > limit);
  }));
});

Deno.test("a value that is as deep as a body can make it is looked at no further than the limit", () => {
  const text = "[".repeat(500_000) + "]".repeat(500_000);
  assertEquals(isDeeperThan(JSON.parse(text), 64), true);
});
