import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readLink, writeLink } from "./link_state.ts";

Deno.test("a link leads back to what was seen, whatever is in it", () => {
  const text = fc.option(fc.string({ minLength: 1, unit: "grapheme" }), { nil: undefined });
  const links = fc.record({
    node: text,
    q: text,
    status: text,
    region: text,
    family: text,
    t: text,
  });
  fc.assert(fc.property(links, (link) => {
    assertEquals(readLink(`#${writeLink(link)}`), link);
  }));
});

Deno.test("a fragment of the table names nothing of the map", () => {
  assertEquals(Object.values(readLink("#node-3")).filter((value) => value !== undefined), []);
});
