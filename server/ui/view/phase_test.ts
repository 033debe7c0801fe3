import { assertEquals } from "@std/assert";
import { PHASE_NOUNS, phaseOf, PHASES, wordOf } from "./phase.ts";

Deno.test("phaseOf knows the palette and takes anything else for other", () => {
  for (const status of ["failed", "running", "pending", "succeeded"]) {
    assertEquals(phaseOf(status), status as ReturnType<typeof phaseOf>);
  }
  for (const status of ["", "Failed", "skipped", "constructor", "__proto__"]) {
    assertEquals(phaseOf(status), "other");
  }
});

Deno.test("PHASES begins with what needs a look and names every phase once", () => {
  assertEquals(PHASES, ["failed", "running", "pending", "other", "succeeded"]);
  assertEquals([...PHASES].sort(), Object.keys(PHASE_NOUNS).sort() as typeof PHASES[number][]);
});

Deno.test("wordOf makes a reader's word of a state", () => {
  assertEquals(wordOf("rolling-back"), "Rolling back");
  assertEquals(wordOf("waiting_source"), "Waiting source");
  assertEquals(wordOf("élan"), "Élan");
  assertEquals(wordOf(""), "");
});
