import { assertEquals, assertMatch } from "@std/assert";
import { CANCELED_REASON, FAILING_REASONS } from "./reasons.ts";
import { MAX_MESSAGE, type ObjectStatus, type PreviousStatus } from "./object_status.ts";
import { releaseStatus } from "./status.ts";
import {
  at,
  condition,
  ready,
  release,
  type ReleaseParts,
  type WireCondition,
} from "./testing/release.ts";

function statusOf(parts: ReleaseParts, previous?: PreviousStatus): ObjectStatus {
  return releaseStatus(release(parts), "flux", previous);
}

/** Status and state as one line. */
function verdict(parts: ReleaseParts, previous?: PreviousStatus): string {
  const { status, state } = statusOf(parts, previous);
  return `${status} ${state}`;
}

const FULFILLING = condition("Reconciling", "True", "Progressing", "Fulfilling prerequisites");
const running = (action: string) =>
  condition(
    "Reconciling",
    "True",
    "Progressing",
    `Running '${action}' action with timeout of 5m0s`,
  );

Deno.test("1: a deleted release is terminating, also when suspended, until its uninstall fails", () => {
  const deletedAt = "2026-11-20T19:00:00Z";
  const healthy = statusOf({ deletedAt, conditions: [ready("True", "InstallSucceeded", "done")] });
  assertEquals(healthy, {
    status: "running",
    state: "terminating",
    since: at("19:00:00"),
    startedAt: at("19:00:00"),
    blockedBy: [],
  });
  assertEquals(verdict({ deletedAt, spec: { suspend: true } }), "running terminating");
  assertEquals(
    verdict({ deletedAt, conditions: [ready("False", "UninstallSucceeded")] }),
    "running terminating",
  );
  const failed = statusOf({
    deletedAt,
    conditions: [ready("False", "UninstallFailed", "no RBAC")],
  });
  assertEquals([failed.status, failed.state, failed.reason, failed.message], [
    "failed",
    "terminating",
    "UninstallFailed",
    "no RBAC",
  ]);
});

Deno.test("2: a suspended release keeps its last phase, although nobody looked at the generation", () => {
  const suspended = (conditions: ReturnType<typeof ready>[]) =>
    verdict({
      generation: 2,
      spec: { suspend: true },
      status: { observedGeneration: 1 },
      conditions,
    });
  assertEquals(suspended([]), "pending suspended");
  assertEquals(suspended([ready("True", "InstallSucceeded")]), "succeeded suspended");
  assertEquals(suspended([ready("False", "UpgradeFailed")]), "failed suspended");
  assertEquals(suspended([ready("Unknown", "Progressing")]), "running suspended");
  assertEquals(suspended([ready("False", "DependencyNotReady")]), "pending suspended");
  assertEquals(
    suspended([condition("Stalled", "True", "RetriesExceeded"), ready("False", "TestFailed")]),
    "failed suspended",
  );
});

Deno.test("3: a release without a Ready condition is queued since it was created", () => {
  assertEquals(statusOf({}), {
    status: "pending",
    state: "queued",
    since: at("18:00:00"),
    blockedBy: [],
  });
  assertEquals(statusOf({ conditions: [FULFILLING] }), {
    status: "pending",
    state: "queued",
    reason: "Progressing",
    message: "Fulfilling prerequisites",
    since: at("18:05:00"),
    blockedBy: [],
  });
});

Deno.test("3: a new generation is queued until the controller has looked at it", () => {
  const changed = { generation: 2, status: { observedGeneration: 1 } };
  for (
    const old of [
      [ready("True", "InstallSucceeded")],
      [ready("False", "InstallFailed")],
      [condition("Stalled", "True", "RetriesExceeded"), ready("False", "InstallFailed")],
      [FULFILLING, ready("True", "InstallSucceeded")],
    ]
  ) assertEquals(verdict({ ...changed, conditions: old }), "pending queued");
  // Seen: the condition speaks of the new generation.
  assertEquals(
    verdict({ ...changed, conditions: [ready("True", "X", "", { observedGeneration: 2 })] }),
    "succeeded succeeded",
  );
});

Deno.test("3: controllers that do not refresh the generation of a condition are not misread", () => {
  const conditions = [ready("True", "InstallSucceeded")];
  assertEquals(
    verdict({ generation: 2, status: { observedGeneration: 2 }, conditions }),
    "succeeded succeeded",
  );
  const { observedGeneration: _, ...bare } = ready("True", "InstallSucceeded");
  assertEquals(
    verdict({ generation: 2, status: { observedGeneration: -1 }, conditions: [bare] }),
    "succeeded succeeded",
  );
});

Deno.test("4: a stalled release is failed, with both messages", () => {
  const stalled = condition(
    "Stalled",
    "True",
    "RetriesExceeded",
    "Failed to install after 1 attempt(s)",
  );
  const { status, state, reason, message } = statusOf({
    conditions: [stalled, ready("False", "InstallFailed", "timeout waiting for: [Deployment/x]")],
  });
  assertEquals([status, state, reason], ["failed", "stalled", "RetriesExceeded"]);
  assertEquals(
    message,
    "Failed to install after 1 attempt(s): timeout waiting for: [Deployment/x]",
  );
});

Deno.test("4: a message that both conditions carry is said once", () => {
  for (const reason of ["AccessDenied", "InvalidCELExpression", "MissingRollbackTarget"]) {
    const { status, state, message } = statusOf({
      conditions: [condition("Stalled", "True", reason, "why"), ready("False", reason, "why")],
    });
    assertEquals([status, state, message], ["failed", "stalled", "why"]);
  }
});

Deno.test("4: a Stalled condition of an older generation, or one that is not True, does not count", () => {
  const ready2 = ready("Unknown", "Progressing", "", { observedGeneration: 2 });
  const old = condition("Stalled", "True", "RetriesExceeded");
  assertEquals(verdict({ generation: 2, conditions: [old, ready2] }), "running installing");
  const untrue = condition("Stalled", "False", "RetriesExceeded", "", { observedGeneration: 2 });
  assertEquals(verdict({ generation: 2, conditions: [untrue, ready2] }), "running installing");
});

Deno.test("5: a release that waits for a dependency is pending and says for which", () => {
  const { status, state, reason, blockedBy } = statusOf({
    spec: { dependsOn: [{ name: "bp-cnpg" }, { name: "bp-keycloak", namespace: "identity" }] },
    conditions: [
      FULFILLING,
      ready("False", "DependencyNotReady", "dependency 'identity/bp-keycloak' is not ready"),
    ],
  });
  assertEquals([status, state, reason], ["pending", "blocked", "DependencyNotReady"]);
  assertEquals(blockedBy, [{ namespace: "identity", name: "bp-keycloak" }]);
});

Deno.test("6: a release that waits for its source is pending", () => {
  const conditions = [ready("False", "SourceNotReady", "HelmChart 'a/b' is not ready: does not …")];
  assertEquals(verdict({ conditions }), "pending waiting-source");
});

Deno.test("7: a release at work says which action runs", () => {
  const cases: Record<string, string> = {
    install: "running installing",
    upgrade: "running upgrading",
    test: "running testing",
    rollback: "running rolling-back",
    uninstall: "running uninstalling",
  };
  for (const [action, expected] of Object.entries(cases)) {
    const conditions = [running(action), ready("Unknown", "Progressing")];
    assertEquals(verdict({ conditions }), expected);
    // By the message of Ready itself when Reconciling is not there.
    const alone = [
      ready("Unknown", "Progressing", `Running '${action}' action with timeout of 1s`),
    ];
    assertEquals(verdict({ conditions: alone }), expected);
  }
});

Deno.test("7: work that names no action is an install before the first release, then an upgrade", () => {
  const unknown = [ready("Unknown", "Progressing", "reconciliation in progress")];
  const history = [{ version: 1, lastDeployed: "2026-11-20T18:01:00Z" }];
  assertEquals(verdict({ conditions: unknown }), "running installing");
  assertEquals(verdict({ conditions: unknown, status: { history } }), "running upgrading");
  assertEquals(
    verdict({ conditions: [ready("Unknown", "AwaitingTests")] }),
    "running testing",
  );
  assertEquals(
    verdict({ conditions: [ready("Unknown", "Progressing", "correcting cluster drift")] }),
    "running drifted",
  );
});

Deno.test("7: health checks that a newer revision cut short are not a failure", () => {
  const conditions = [running("upgrade"), ready("False", CANCELED_REASON, "New reconciliation …")];
  assertEquals(verdict({ conditions }), "running upgrading");
});

Deno.test("8: a failure that will be retried is failed and retrying", () => {
  for (const reason of ["InstallFailed", "RollbackSucceeded", "UninstallSucceeded"]) {
    const conditions = [
      condition("Reconciling", "True", "ProgressingWithRetry", "retrying after 5m0s"),
      ready("False", reason, "why"),
    ];
    const { status, state, message } = statusOf({ conditions });
    assertEquals([status, state, message], ["failed", "retrying", "why"]);
  }
});

Deno.test("9: every reason that Flux writes for a failure is failed", () => {
  for (const reason of FAILING_REASONS) {
    assertEquals(verdict({ conditions: [ready("False", reason)] }), "failed failed", reason);
  }
});

Deno.test("9: a remediation at work says so, and the release is failed meanwhile", () => {
  const failed = ready("False", "UpgradeFailed");
  assertEquals(verdict({ conditions: [running("rollback"), failed] }), "failed rolling-back");
  assertEquals(verdict({ conditions: [running("uninstall"), failed] }), "failed uninstalling");
  assertEquals(verdict({ conditions: [running("upgrade"), failed] }), "failed failed");
});

Deno.test("9: after a remediation the message says first what it was for", () => {
  const rolledBack = "Helm rollback succeeded";
  const remedied = [
    ready("False", "RollbackSucceeded", rolledBack),
    condition("Remediated", "True", "RollbackSucceeded", rolledBack),
  ];
  const upgradeFailed = condition("Released", "False", "UpgradeFailed", "no such Service type");
  const testFailed = condition("TestSuccess", "False", "TestFailed", "test timed out");
  const message = (...conditions: WireCondition[]) => statusOf({ conditions }).message;
  assertEquals(message(...remedied, upgradeFailed), `no such Service type; ${rolledBack}`);
  const released = condition("Released", "True", "UpgradeSucceeded", "fine");
  assertEquals(message(...remedied, released, testFailed), `test timed out; ${rolledBack}`);
  assertEquals(message(...remedied, released), rolledBack);
  const stalled = condition("Stalled", "True", "RetriesExceeded", "Failed to upgrade after 1");
  assertEquals(
    message(stalled, ...remedied, upgradeFailed),
    `Failed to upgrade after 1: no such Service type; ${rolledBack}`,
  );
  // While something else is in the way, an old failure is not the matter.
  const waiting = ready("False", "DependencyNotReady", "dependency 'a/b' is not ready");
  assertEquals(message(waiting, upgradeFailed), "dependency 'a/b' is not ready");
});

Deno.test("9: a reason that Flux does not define is not judged", () => {
  assertEquals(verdict({ conditions: [ready("False", "Surprise")] }), "running installing");
  assertEquals(verdict({ conditions: [ready("False", "")] }), "running installing");
});

Deno.test("10: a ready release has succeeded whatever Reconciling says", () => {
  const done = ready("True", "UpgradeSucceeded", "Helm upgrade succeeded");
  for (const reconciling of [FULFILLING, running("upgrade"), running("correct cluster drift")]) {
    assertEquals(verdict({ conditions: [reconciling, done] }), "succeeded succeeded");
  }
});

Deno.test("10: a ready release that drifted says what drifted", () => {
  const { status, state, reason, message } = statusOf({
    conditions: [
      ready("True", "InstallSucceeded", "done"),
      condition("Drifted", "True", "DriftDetected", "Deployment/apps/x changed (1 addition)"),
    ],
  });
  assertEquals([status, state, reason, message], [
    "succeeded",
    "drifted",
    "DriftDetected",
    "Deployment/apps/x changed (1 addition)",
  ]);
  assertEquals(
    verdict({
      conditions: [
        ready("True", "InstallSucceeded"),
        condition("Drifted", "False", "NoDriftDetected"),
      ],
    }),
    "succeeded succeeded",
  );
});

Deno.test("an interval reconcile of a healthy release changes nothing that is shown", () => {
  const done = ready("True", "InstallSucceeded", "done");
  const before = statusOf({ conditions: [done] });
  assertEquals(statusOf({ conditions: [FULFILLING, done] }), before);
  assertEquals(statusOf({ conditions: [done], status: { observedGeneration: -1 } }), before);
});

Deno.test("a stalled release stays stalled through a reconcile, until Ready leaves False", () => {
  const failed = ready("False", "InstallFailed", "timeout");
  const stalled = condition("Stalled", "True", "RetriesExceeded", "Failed to install");
  const before = { generation: 1, status: statusOf({ conditions: [stalled, failed] }) };
  const during = statusOf({ conditions: [FULFILLING, failed] }, before);
  assertEquals(during, before.status);
  assertEquals(
    statusOf({ conditions: [FULFILLING, failed] }, { generation: 1, status: during }),
    during,
  );

  assertEquals(verdict({ conditions: [FULFILLING, failed] }), "failed failed");
  assertEquals(
    verdict({ conditions: [running("upgrade"), ready("Unknown", "Progressing")] }, before),
    "running upgrading",
  );
  const newer = ready("False", "InstallFailed", "timeout", { observedGeneration: 2 });
  assertEquals(
    verdict({ generation: 2, conditions: [FULFILLING, newer] }, before),
    "failed failed",
  );
  assertEquals(
    verdict({ conditions: [ready("True", "UpgradeSucceeded")] }, before),
    "succeeded succeeded",
  );
});

Deno.test("a long message is cut without breaking a character", () => {
  const { message = "" } = statusOf({
    conditions: [ready("False", "ValuesError", `${"x".repeat(MAX_MESSAGE - 2)}😀 and more`)],
  });
  assertEquals(message.length, MAX_MESSAGE);
  assertMatch(message, /x\ufffd…$/);
});
