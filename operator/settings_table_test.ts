import { assertEquals, assertStringIncludes } from "@std/assert";
import { settingsTable } from "./settings_table.ts";

/** Without what aligns a table. */
const cells = (text: string) => text.replaceAll(/ {2,}|-{3,}/g, " ").replaceAll(/ +\|/g, " |");

Deno.test("the README's table of settings is current", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const [table = ""] = /(?<=<!-- settings -->\n\n)[\s\S]*?(?=\n<!-- \/settings -->)/.exec(readme) ??
    [];
  assertEquals(cells(table), cells(settingsTable()), "run `deno task schema`");
  assertStringIncludes(table, "--leader-elect-lease-duration");
});
