import { assert, assertMatch } from "@std/assert";
import { VARIABLES } from "./config.ts";
import { helpText } from "./help.ts";

Deno.test("the help names every variable with its default or that it is required", () => {
  const help = helpText();
  for (const { name, default: value, required } of VARIABLES) {
    const shown = required ? "required" : value ?? "-";
    assertMatch(help, new RegExp(`^  ${name} +${shown.replace("*", "\\*")} +\\S`, "m"));
  }
});

Deno.test("the help fits a terminal", () => {
  for (const line of helpText().split("\n")) assert(line.length <= 120, line);
});
