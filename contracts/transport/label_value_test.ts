import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { labelValue } from "./label_value.ts";

Deno.test("a name that fits is its own label value", () => {
  assertEquals(labelValue("voice-abc12"), "voice-abc12");
  assertEquals(labelValue("a".repeat(63)), "a".repeat(63));
  assertEquals(labelValue("-.-"), "resource");
});

Deno.test("whatever the name, its label value is valid, and long names keep apart", () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (name) => {
    assert(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(labelValue(name)));
  }));
  const long = "run-".repeat(30);
  assertNotEquals(labelValue(`${long}a`), labelValue(`${long}b`));
});
