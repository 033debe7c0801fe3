import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { dump } from "js-yaml";
import { readDocuments } from "./source_document.ts";
import { StoryError } from "./story_error.ts";

const TEXT = `kind: Story
spec:
  steps:
    - name: a
    - name: b
      needs: [a,
        c]
---
kind: Engram
"spec": {with: {rate: 1}}
`;

Deno.test("each field of each document has the line that it stands in", () => {
  const [story, engram] = readDocuments(TEXT, "x.yaml");
  const line = (...path: PropertyKey[]) => story?.lineOf(path);
  assertEquals(line("spec", "steps", 1, "name"), 5);
  assertEquals(line("spec", "steps", 1, "needs"), 6);
  assertEquals(line("spec", "steps", 1, "needs", 1), 7);
  assertEquals(engram?.lineOf(["spec", "with", "rate"]), 10);
  assertEquals(engram?.value, { kind: "Engram", spec: { with: { rate: 1 } } });
});

Deno.test("a field that is not there has the line of what would hold it", () => {
  const [story] = readDocuments(TEXT, "x.yaml");
  assertEquals(story?.lineOf(["spec", "steps", 1, "transport"]), 5);
  assertEquals(story?.lineOf(["spec", "pattern"]), 2);
  assertEquals(story?.lineOf([]), 1);
});

Deno.test("a text that is no YAML is refused with its line", () => {
  assertThrows(() => readDocuments("a: 1\nb: [1\nc: 2", "x.yaml"), StoryError, "x.yaml:3: ");
});

Deno.test("whatever is written is read again, and every path has a line", () => {
  const names = fc.stringMatching(/^[a-z]{1,8}$/);
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      names,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(names, tie("tree"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(fc.property(fc.array(tree, { minLength: 1, maxLength: 3 }), (values) => {
    const text = values.map((value) => `---\n${dump(value)}`).join("");
    const documents = readDocuments(text, "x.yaml");
    assertEquals(documents.map(({ value }) => value), values);
    for (const [index, document] of documents.entries()) {
      for (const path of paths(values[index])) {
        // Only what has a place of its own is found there; lines are within the text.
        const line = document.lineOf(path);
        assertEquals(line >= 1 && line <= text.split("\n").length, true);
      }
    }
  }));
});

function paths(value: unknown): PropertyKey[][] {
  if (typeof value !== "object" || value === null) return [[]];
  return Object.entries(value).flatMap(([key, inner]) =>
    paths(inner).map((path) => [Array.isArray(value) ? Number(key) : key, ...path])
  );
}
