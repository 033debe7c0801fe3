import { assertEquals, assertStringIncludes } from "@std/assert";
import { settingsReference } from "./settings_reference.ts";

/** Without what aligns a table. */
const cells = (text: string) => text.replaceAll(/ {2,}|-{3,}/g, " ").replaceAll(/ +\|/g, " |");

Deno.test("the page of streaming settings is current, and has every field", async () => {
  const page = await Deno.readTextFile(
    new URL("../../docs/streaming_settings.md", import.meta.url),
  );
  const [table = ""] = /(?<=<!-- settings -->\n\n)[\s\S]*?(?=\n<!-- \/settings -->)/.exec(page) ??
    [];
  assertEquals(cells(table), cells(settingsReference()), "run `deno task schema`");
  for (
    const row of [
      "| `flowControl.mode` | `none`, `credits`, `window` |",
      "| `lanes[].name` | string | required |",
      "| `flowControl.pauseThreshold.bufferPct` | integer 0 to 100 |",
      "| `recording.redactFields` | list of strings |",
    ]
  ) assertStringIncludes(cells(settingsReference()), row);
});
