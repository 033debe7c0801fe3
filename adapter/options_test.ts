import { assertEquals, assertThrows } from "@std/assert";
import { OPTIONS, parseOptions, UsageError } from "./options.ts";

Deno.test("without arguments the adapter runs on and posts", () => {
  assertEquals(parseOptions([]), { isHelp: false, isOnce: false, isDryRun: false });
});

Deno.test("every option that the help names is taken, in whatever order", () => {
  for (const [names] of OPTIONS) for (const name of names.split(", ")) parseOptions([name]);
  assertEquals(parseOptions(["--dry-run", "--once"]), {
    isHelp: false,
    isOnce: true,
    isDryRun: true,
  });
});

Deno.test("an unknown argument is named", () => {
  assertThrows(() => parseOptions(["--onec"]), UsageError, "unknown argument --onec: see --help");
  assertThrows(() => parseOptions(["--once=true"]), UsageError);
});
