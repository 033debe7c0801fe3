import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { helloReasonSchema, helloSchema } from "../contracts/hello.ts";
import { decodeHello } from "./decode_hello.ts";

Deno.test("decodeHello accepts and refuses what the contract does", () => {
  const field = <T>(good: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 6, arbitrary: good }, fc.jsonValue({ maxDepth: 1 }));
  const value = fc.record({
    epoch: field(fc.string()),
    seq: field(fc.nat()),
    recovered: field(fc.boolean()),
    reason: field(fc.constantFrom(...helloReasonSchema.options)),
    more: fc.jsonValue({ maxDepth: 1 }),
  }, { requiredKeys: [], noNullPrototype: true });
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: value }, fc.jsonValue()), (hello) => {
      assertEquals(decodeHello(hello) !== undefined, helloSchema.safeParse(hello).success);
    }),
    { numRuns: 500 },
  );
});
