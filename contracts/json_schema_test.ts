import { assertEquals } from "@std/assert";
import { generatedSchemas } from "./json_schema.ts";

Deno.test("the checked-in JSON Schema is current", async () => {
  const folder = new URL("./generated/", import.meta.url);
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const expected = generatedSchemas();
  assertEquals(names, [...expected.keys()].sort());
  for (const [name, text] of expected) {
    assertEquals(await Deno.readTextFile(new URL(name, folder)), text, "run `deno task schema`");
  }
});
