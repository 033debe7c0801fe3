import { assertEquals } from "@std/assert";
import { CANCELED_REASON, FAILING_REASONS, WAITING_REASONS } from "./reasons.ts";
import { releaseStatus } from "./status.ts";
import { condition, ready, release, type ReleaseParts } from "./testing/release.ts";

const SEED_TABLE: readonly [string, string, string][] = [
  ["True", "InstallSucceeded", "succeeded"],
  ["True", "anything", "succeeded"],
  ["False", "InstallFailed", "failed"],
  ["False", "UpgradeFailed", "failed"],
  ["False", "RetriesExhausted", "failed"],
  ["False", "Progressing", "running"],
  ["False", "SomethingElse", "running"],
  ["Unknown", "Progressing", "running"],
  ["Unknown", "anything", "running"],
];

const reconciling = condition("Reconciling", "True", "Progressing", "Fulfilling prerequisites");

for (const mapping of ["seed", "flux"] as const) {
  for (const [status, reason, expected] of SEED_TABLE) {
    Deno.test(`${mapping}: Ready=${status} ${reason} is ${expected}`, () => {
      const object = release({ conditions: [ready(status, reason)] });
      assertEquals(releaseStatus(object, mapping).status, expected);
    });
  }

  Deno.test(`${mapping}: no Ready condition is pending`, () => {
    assertEquals(releaseStatus(release(), mapping).status, "pending");
    assertEquals(releaseStatus(release({ conditions: [] }), mapping).status, "pending");
    assertEquals(releaseStatus(release({ conditions: [reconciling] }), mapping).status, "pending");
  });
}

Deno.test("seed: False with any reason that the table does not name is running", () => {
  for (const reason of [...WAITING_REASONS, ...FAILING_REASONS, CANCELED_REASON]) {
    const named = ["InstallFailed", "UpgradeFailed", "RetriesExhausted"].includes(reason);
    assertEquals(
      releaseStatus(release({ conditions: [ready("False", reason)] }), "seed").status,
      named ? "failed" : "running",
      reason,
    );
  }
});

Deno.test("seed: nothing but the Ready condition decides the status, the state still tells", () => {
  const stalled = condition("Stalled", "True", "RetriesExceeded", "Failed to test");
  const seed = (parts: ReleaseParts) => {
    const { status, state } = releaseStatus(release(parts), "seed");
    return `${status} ${state}`;
  };
  assertEquals(seed({ conditions: [stalled, ready("False", "TestFailed")] }), "running stalled");
  assertEquals(
    seed({ generation: 2, status: { observedGeneration: 1 }, conditions: [ready("True", "X")] }),
    "succeeded queued",
  );
  assertEquals(
    seed({ deletedAt: "2026-11-20T19:00:00Z", conditions: [ready("True", "X")] }),
    "succeeded terminating",
  );
});
