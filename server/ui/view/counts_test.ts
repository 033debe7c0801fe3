import { assertEquals } from "@std/assert";
import { countPhases, worstOf } from "./counts.ts";

Deno.test("countPhases counts each phase and all", () => {
  const phases = ["failed", "running", "running", "other"] as const;
  assertEquals(countPhases(phases.map((phase) => ({ phase }))), {
    total: 4,
    failed: 1,
    running: 2,
    pending: 0,
    other: 1,
    succeeded: 0,
  });
});

Deno.test("worstOf is what needs a look first, and pending for nothing at all", () => {
  const of = (...phases: ("failed" | "running" | "succeeded")[]) =>
    worstOf(countPhases(phases.map((phase) => ({ phase }))));
  assertEquals(of("succeeded", "failed", "running"), "failed");
  assertEquals(of("succeeded", "running"), "running");
  assertEquals(of("succeeded"), "succeeded");
  assertEquals(of(), "pending");
});
