import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { composeName } from "./compose_name.ts";

Deno.test("composeName joins parts, cleans them and leaves empty ones out", () => {
  assertEquals(composeName("voice-abc12", "respond", "transport"), "voice-abc12-respond-transport");
  assertEquals(composeName(" Voice_Run ", "", "--A..B--"), "voice-run-a-b");
  assertEquals(composeName(), "resource");
  assertEquals(composeName("", "--", "_"), "resource");
});

Deno.test("composeName of what does not fit ends in a hash over the raw parts", () => {
  // printf 'AAA…(40)\0bbb…(40)\0' | sha256sum
  assertEquals(
    composeName("A".repeat(40), "b".repeat(40)),
    `${"a".repeat(40)}-${"b".repeat(9)}-06648717479b`,
  );
});

Deno.test("composeName gives a DNS-1123 label, always the same, for any parts", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "binary", maxLength: 40 })), (parts) => {
    const name = composeName(...parts);
    assert(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name), name);
    assertEquals(composeName(...parts), name);
    assertEquals(composeName(name), name);
  }));
});

Deno.test("composeName keeps long names apart that differ beyond the cut", () => {
  const long = fc.stringMatching(/^[a-z]{60,80}$/);
  fc.assert(fc.property(long, long, (a, b) => {
    fc.pre(a !== b);
    assert(composeName(a, "step", "x") !== composeName(b, "step", "x"));
  }));
});
