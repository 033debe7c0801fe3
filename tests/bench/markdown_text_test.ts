import { assertEquals } from "@std/assert";
import { paragraph, table } from "./markdown_text.ts";

Deno.test("a table's columns are as wide as their widest cell, numbers flush right", () => {
  assertEquals(
    table([["Server", "left"], ["ms", "right"]], [["a", "1"], ["longer than", "23456"]]),
    "| Server      |    ms |\n" +
      "| ----------- | ----: |\n" +
      "| a           |     1 |\n" +
      "| longer than | 23456 |\n",
  );
});

Deno.test("a column is at least three wide, as its rule must be", () => {
  assertEquals(table([["a", "left"]], [["b"]]), "| a   |\n| --- |\n| b   |\n");
});

Deno.test("a paragraph breaks before the word that would pass 100 characters", () => {
  const word = "x".repeat(49);
  assertEquals(paragraph(`${word} ${word}y z`), `${word} ${word}y\nz\n`);
  assertEquals(paragraph(`${word} ${word} z`), `${word} ${word}\nz\n`);
  assertEquals(paragraph("a\nb"), "a b\n");
});

Deno.test("a list's item goes on below its own beginning", () => {
  const word = "x".repeat(60);
  assertEquals(paragraph(`- ${word} ${word}`), `- ${word}\n  ${word}\n`);
});
