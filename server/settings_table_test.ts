import { assertEquals, assertStringIncludes } from "@std/assert";
import { SETTINGS } from "./config.ts";
import { readmeWithSettings } from "./settings_table.ts";

Deno.test("the README's table of settings is current", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  assertEquals(readme, await readmeWithSettings(), "run `deno task schema`");
  for (const { name } of Object.values(SETTINGS)) assertStringIncludes(readme, name);
});
