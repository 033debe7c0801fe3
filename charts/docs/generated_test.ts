import { assert, assertEquals } from "@std/assert";
import { chartsWithValues, generatedOf } from "./generated.ts";

Deno.test("schemas and READMEs of the charts are those of their commented values", async () => {
  const charts = await chartsWithValues();
  assert(charts.includes("headrace-server"));
  for (const chart of charts) {
    for (const { path, text } of await generatedOf(chart)) {
      const found = await Deno.readTextFile(new URL(`../${path}`, import.meta.url)).catch(() => "");
      // JSON is compared as data: the formatter lays it out in its own way.
      const [a, b] = path.endsWith(".json") ? [JSON.parse(found), JSON.parse(text)] : [found, text];
      assertEquals(a, b, `${path} is not current: run deno task charts`);
    }
  }
});
