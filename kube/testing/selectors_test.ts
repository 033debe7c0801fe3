import { assertEquals, assertThrows } from "@std/assert";
import { fieldSelector, labelSelector, SelectorError } from "./selectors.ts";

const object = {
  metadata: { name: "a", namespace: "apps", labels: { "team": "core", "example.io/tier": "1" } },
};

for (
  const [text, expected] of [
    ["", true],
    ["team", true],
    ["!team", false],
    ["owner", false],
    ["!owner", true],
    ["team=core", true],
    ["team==core", true],
    ["team!=core", false],
    ["owner!=core", true],
    ["team=", false],
    ["example.io/tier=1", true],
    ["team=core,example.io/tier=2", false],
    [" team = core ".replaceAll(" ", ""), true],
    ["team=core, example.io/tier=1", true],
  ] as const
) {
  Deno.test(`labels ${JSON.stringify(text)} ${expected ? "select" : "do not select"}`, () => {
    assertEquals(labelSelector(text)(object), expected);
  });
}

for (const text of ["team in (core)", "!team=core", "=core", "!!team", "team=a=b"]) {
  Deno.test(`labels ${JSON.stringify(text)} are refused`, () => {
    assertThrows(() => labelSelector(text), SelectorError, "unable to parse requirement");
  });
}

for (
  const [text, expected] of [
    ["", true],
    ["metadata.name=a", true],
    ["metadata.name!=a", false],
    ["metadata.namespace==apps,metadata.name=a", true],
    ["metadata.namespace=other", false],
  ] as const
) {
  Deno.test(`fields ${JSON.stringify(text)} ${expected ? "select" : "do not select"}`, () => {
    assertEquals(fieldSelector(text)(object), expected);
  });
}

Deno.test("other fields are refused, in the words of the API server", () => {
  assertThrows(
    () => fieldSelector("spec.x=1"),
    SelectorError,
    "field label not supported: spec.x=1",
  );
});
