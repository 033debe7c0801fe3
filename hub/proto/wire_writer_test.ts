import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { WireWriter } from "./wire_writer.ts";

Deno.test("what was taken stays as it is, whatever is written after", () => {
  fc.assert(fc.property(
    // Around the sizes at which copies are made in another way.
    fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 70 }),
        fc.uint8Array({ minLength: 500, maxLength: 520 }),
        fc.uint8Array({ minLength: 4_000, maxLength: 5_000 }),
      ),
      { maxLength: 40 },
    ),
    (values) => {
      const writer = new WireWriter(16);
      const taken = values.map((value) => {
        writer.raw(value);
        return writer.take();
      });
      assertEquals(taken, values);
    },
  ));
});

Deno.test("what is peeled is there without a copy until the next write", () => {
  const writer = new WireWriter(16);
  writer.raw(Uint8Array.of(1, 2, 3));
  const peeled = writer.peel();
  assertEquals([...peeled], [1, 2, 3]);
  assertEquals(writer.length, 0);
  writer.raw(Uint8Array.of(4));
  assertEquals([...peeled], [4, 2, 3]);
});
