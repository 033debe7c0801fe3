import { assert, assertEquals, assertMatch } from "@std/assert";
import { helpText } from "./help.ts";
import { OPTIONS } from "./options.ts";
import { VARIABLES } from "./variables.ts";

Deno.test("the help names every variable with its default or that it is required", () => {
  const help = helpText();
  for (const { name, default: value, required } of VARIABLES) {
    const shown = required ? "required" : value ?? "-";
    assertMatch(help, new RegExp(`^  ${name} +${shown.replace("*", "\\*")} +\\S`, "m"));
  }
});

Deno.test("the help names every option", () => {
  for (const [name, purpose] of OPTIONS) assertMatch(helpText(), new RegExp(`${name} +${purpose}`));
});

Deno.test("the help fits a terminal", () => {
  for (const line of helpText().split("\n")) assert(line.length <= 120, line);
});

Deno.test("the README has the same environment table", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| `?([^|`]+?)`? +\|/gm)];
  assertEquals(
    rows.map(([, name, value]) => [name, value]),
    VARIABLES.map(({ name, default: value, required }) => [
      name,
      required ? "required" : value ?? "-",
    ]),
  );
});

Deno.test("the task may read every variable of the environment table", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const [, names = ""] = /--allow-env=(\S+)/.exec(tasks.adapter.command) ?? [];
  const missing = VARIABLES.map(({ name }) => name).filter((n) => !names.split(",").includes(n));
  assertEquals(missing, []);
});
