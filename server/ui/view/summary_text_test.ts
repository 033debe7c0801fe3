import { assertEquals } from "@std/assert";
import { countPhases } from "./counts.ts";
import type { Phase } from "./phase.ts";
import { regionText, tabTitle } from "./summary_text.ts";

const of = (...phases: Phase[]) => countPhases(phases.map((phase) => ({ phase })));

Deno.test("regionText leaves out what there is none of, and what waits", () => {
  assertEquals(
    regionText(of("succeeded", "failed", "running", "running", "pending")),
    [
      "1 of 5 done",
      "1 failed",
      "2 running",
    ].join(" · "),
  );
  assertEquals(regionText(of("pending")), "0 of 1 done");
  assertEquals(regionText(of("other")), "0 of 1 done · 1 other");
});

Deno.test("tabTitle begins with what needs a look", () => {
  assertEquals(tabTitle("atlas", of("failed", "succeeded")), "1 failed · atlas");
  assertEquals(tabTitle("atlas", of("running", "succeeded")), "1/2 · atlas");
  assertEquals(tabTitle("atlas", of()), "atlas · Headrace");
});
