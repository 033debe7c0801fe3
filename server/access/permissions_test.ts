import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { matches, principal } from "./permissions.ts";

Deno.test("a pattern matches as the regular expression that it stands for", () => {
  const text = fc.array(fc.constantFrom("a", "b", "-", "."), { maxLength: 12 }).map((c) =>
    c.join("")
  );
  const pattern = fc.array(fc.constantFrom("a", "b", "-", ".", "*"), { maxLength: 8 })
    .map((c) => c.join(""));
  fc.assert(
    fc.property(pattern, text, (pattern, text) => {
      const source = pattern.split("*").map((part) => part.replaceAll(".", "\\.")).join(".*");
      assertEquals(
        matches(pattern, text),
        new RegExp(`^${source}$`).test(text),
        `${pattern} ${text}`,
      );
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a principal may do what one grant allows on the flows of that grant, and nothing else", () => {
  const { may } = principal("ci", [
    { actions: ["read"], flows: ["*"] },
    { actions: ["write"], flows: ["prod-*", "stage"] },
  ]);
  assertEquals(may("read", "anything"), true);
  assertEquals(may("write", "prod-1"), true);
  assertEquals(may("write", "stage"), true);
  assertEquals(may("write", "stage-2"), false);
  assertEquals(may("write", "not-prod-1"), false);
});
