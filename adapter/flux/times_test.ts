import { assertEquals } from "@std/assert";
import type { Phase } from "../../contracts/phase.ts";
import { at, condition, ready, release, type ReleaseParts } from "./testing/release.ts";
import { runTimes } from "./times.ts";

function times(status: Phase, parts: ReleaseParts) {
  return runTimes(release(parts), status);
}

const time = (timeOfDay: string) => ({ lastTransitionTime: `2026-11-20T${timeOfDay}Z` });
const action = (name: string, timeOfDay: string) =>
  condition("Reconciling", "True", "Progressing", `Running '${name}' action`, time(timeOfDay));
const history = [
  { version: 2, lastDeployed: "2026-11-20T18:03:00Z" },
  { version: 1, lastDeployed: "2026-11-20T18:01:00Z" },
];

Deno.test("a release that waits has neither begun nor ended", () => {
  assertEquals(times("pending", { conditions: [ready("False", "DependencyNotReady")] }), {});
});

Deno.test("a running release began with its action", () => {
  const conditions = [action("install", "18:04:00"), ready("Unknown", "Progressing")];
  assertEquals(times("running", { conditions }), { startedAt: at("18:04:00") });
});

Deno.test("a running release whose action is not named began when Ready became Unknown", () => {
  assertEquals(times("running", { conditions: [ready("Unknown", "Progressing")] }), {
    startedAt: at("18:05:00"),
  });
});

Deno.test("tests belong to the release that they test", () => {
  const conditions = [action("test", "18:04:00"), ready("Unknown", "AwaitingTests")];
  assertEquals(times("running", { conditions, status: { history } }), {
    startedAt: at("18:03:00"),
  });
});

Deno.test("a settled release began with the newest entry of its history", () => {
  const conditions = [ready("True", "UpgradeSucceeded")];
  const expected = { startedAt: at("18:03:00"), endedAt: at("18:05:00") };
  assertEquals(times("succeeded", { conditions, status: { history } }), expected);
  const reversed = { history: [...history].reverse() };
  assertEquals(times("succeeded", { conditions, status: reversed }), expected);
});

Deno.test("a failure whose history entry is not written yet began with its action", () => {
  const conditions = [action("upgrade", "18:04:00"), ready("False", "UpgradeFailed")];
  assertEquals(times("failed", { conditions, status: { history: history.slice(1) } }), {
    startedAt: at("18:04:00"),
    endedAt: at("18:05:00"),
  });
});

Deno.test("a rollback that follows on a failure does not move the failure's beginning", () => {
  const conditions = [action("rollback", "18:06:00"), ready("False", "UpgradeFailed")];
  assertEquals(times("failed", { conditions, status: { history } }), {
    startedAt: at("18:03:00"),
    endedAt: at("18:05:00"),
  });
});

Deno.test("a failure before any Helm action has an end and no beginning", () => {
  const conditions = [ready("False", "ArtifactFailed")];
  assertEquals(times("failed", { conditions, status: { history } }), { endedAt: at("18:05:00") });
});

Deno.test("the end is the release's, not that of the last time Ready came back", () => {
  const conditions = [
    ready("True", "InstallSucceeded", "done", time("20:00:00")),
    condition("Released", "True", "InstallSucceeded", "done", time("18:04:00")),
  ];
  assertEquals(times("succeeded", { conditions, status: { history } }), {
    startedAt: at("18:03:00"),
    endedAt: at("18:04:00"),
  });
});

Deno.test("a remediated release ended with its remediation", () => {
  const conditions = [
    ready("False", "RollbackSucceeded", "rolled back", time("20:00:00")),
    condition("Remediated", "True", "RollbackSucceeded", "rolled back", time("18:04:00")),
  ];
  assertEquals(times("failed", { conditions, status: { history } }).endedAt, at("18:04:00"));
});

Deno.test("a release under deletion began to go when it was deleted", () => {
  const parts = { deletedAt: "2026-11-20T19:00:00Z", conditions: [ready("True", "X")] };
  assertEquals(times("running", parts), { startedAt: at("19:00:00") });
});

Deno.test("an uninstall that failed began with the deletion, not with the install before", () => {
  const failed = ready("False", "UninstallFailed", "hook timed out", time("19:00:03"));
  const parts = { deletedAt: "2026-11-20T19:00:00Z", conditions: [failed], status: { history } };
  const expected = { startedAt: at("19:00:00"), endedAt: at("19:00:03") };
  assertEquals(times("failed", parts), expected);
});
