import { assertEquals, assertThrows } from "@std/assert";
import { valuesTable, withTable } from "./table.ts";

Deno.test("the table has one padded row a value, and no cell breaks it", () => {
  const values = [
    { path: ["a", "b"], default: { x: 1 }, description: "one | two", schema: {} },
    { path: ["long"], default: "", description: "it", schema: {} },
  ];
  assertEquals(
    valuesTable(values),
    "| value  | default   | means      |\n" +
      "| ------ | --------- | ---------- |\n" +
      '| `a.b`  | `{"x":1}` | one \\| two |\n' +
      '| `long` | `""`      | it         |\n',
  );
});

Deno.test("the table takes the place between the marks, and a README without them is refused", () => {
  const before = "# x\n\n<!-- values -->\n\nold\n\n<!-- /values -->\n";
  assertEquals(withTable(before, "new\n"), "# x\n\n<!-- values -->\n\nnew\n\n<!-- /values -->\n");
  assertThrows(() => withTable("# x\n", "new\n"), Error, "no <!-- values -->");
});
