import { assertEquals } from "@std/assert";
import { kustomizationStatus } from "./kustomization_status.ts";
import type { PreviousStatus } from "./object_status.ts";
import { kustomization, type ObjectParts, REVISION } from "./testing/kustomization.ts";
import { at, condition, ready, type WireCondition } from "./testing/release.ts";

const NEWER = "main@sha1:ffffff0";

function words(parts: ObjectParts, previous?: PreviousStatus): string {
  const { status, state } = kustomizationStatus(kustomization(parts), previous);
  return `${status} ${state}`;
}

/** What the controller says of a step, with which it also sets Ready to Unknown. */
function step(doing: string, revision = REVISION): WireCondition[] {
  const message = `${doing} for revision ${revision} with a timeout of 5m0s`;
  return [
    condition("Reconciling", "True", "Progressing", message),
    ready("Unknown", "Progressing", "Reconciliation in progress"),
  ];
}

const history = (outcome: string, first = "17:00:00", last = "17:30:00") => [{
  digest: "sha256:1",
  firstReconciled: `2026-11-20T${first}Z`,
  lastReconciled: `2026-11-20T${last}Z`,
  lastReconciledStatus: outcome,
}];
const applied = { lastAppliedRevision: REVISION, lastAttemptedRevision: REVISION };

Deno.test("one that nobody has looked at yet is queued", () => {
  assertEquals(words({}), "pending queued");
  const ofOldSpec = { generation: 2, status: { observedGeneration: 1 } };
  assertEquals(
    words({ ...ofOldSpec, conditions: [ready("True", "ReconciliationSucceeded")] }),
    "pending queued",
  );
});

Deno.test("the first reconcile goes through its steps", () => {
  const first = (doing: string) =>
    words({ conditions: step(doing), status: { observedGeneration: -1 } });
  assertEquals(first("Fetching manifests"), "running fetching");
  assertEquals(first("Building manifests"), "running building");
  assertEquals(first("Detecting drift"), "running applying");
  assertEquals(first("Running health checks"), "running checking");
  assertEquals(first("Doing what a later version does"), "running applying");
});

Deno.test("another revision is work, also while status still names the last one", () => {
  const status = { ...applied, history: history("ReconciliationSucceeded") };
  assertEquals(
    words({ conditions: step("Fetching manifests", NEWER), status }),
    "running fetching",
  );
  assertEquals(
    words({
      conditions: step("Running health checks", NEWER),
      status: { ...status, lastAttemptedRevision: NEWER },
    }),
    "running checking",
  );
});

Deno.test("another spec is work, also of the same revision", () => {
  const status = { ...applied, observedGeneration: 1, history: history("ReconciliationSucceeded") };
  assertEquals(
    words({
      generation: 2,
      conditions: step("Building manifests").map((one) => ({ ...one, observedGeneration: 2 })),
      status,
    }),
    "running building",
  );
});

Deno.test("the reconcile of each interval is no news", () => {
  const status = { ...applied, history: history("ReconciliationSucceeded") };
  const settled = kustomizationStatus(kustomization({
    conditions: [ready("True", "ReconciliationSucceeded", `Applied revision: ${REVISION}`)],
    status,
  }));
  for (const doing of ["Fetching manifests", "Detecting drift", "Running health checks"]) {
    const during = kustomization({ conditions: step(doing), status });
    assertEquals(kustomizationStatus(during), settled);
  }
  assertEquals(settled, {
    status: "succeeded",
    state: "succeeded",
    reason: "ReconciliationSucceeded",
    message: `Applied revision: ${REVISION}`,
    // Ready was True again only a moment ago; it has been so for longer.
    since: at("17:00:00"),
    blockedBy: [],
    endedAt: at("17:00:00"),
  });
});

Deno.test("without a history the last verdict holds, and without one it is work", () => {
  const succeeded = kustomization({
    conditions: [ready("True", "ReconciliationSucceeded")],
    status: applied,
  });
  const previous = { generation: 1, status: kustomizationStatus(succeeded) };
  const parts = { conditions: step("Fetching manifests"), status: applied };
  assertEquals(words(parts, previous), "succeeded succeeded");
  assertEquals(words(parts, { ...previous, generation: 0 }), "running fetching");
  assertEquals(words(parts), "running fetching");
});

Deno.test("a failure holds through its next attempt at what was applied before", () => {
  const status = { ...applied, history: history("HealthCheckFailed", "17:00:00") };
  const failed = kustomization({
    conditions: [
      condition("Reconciling", "True", "ProgressingWithRetry", "Running health checks"),
      ready("False", "HealthCheckFailed", "timeout waiting for: [Deployment/web]"),
    ],
    status,
  });
  const before = kustomizationStatus(failed);
  assertEquals([before.status, before.state, before.since], ["failed", "retrying", at("17:00:00")]);
  const during = kustomizationStatus(
    kustomization({ conditions: step("Detecting drift"), status }),
    { generation: 1, status: before },
  );
  assertEquals(during, before);
});

Deno.test("what has to happen first is waited for", () => {
  const blocked = kustomizationStatus(kustomization({
    spec: { dependsOn: [{ name: "infra" }, { name: "crds" }] },
    conditions: [
      ready("False", "DependencyNotReady", "dependency 'flux-system/crds' is not ready"),
    ],
  }));
  assertEquals([blocked.status, blocked.state, blocked.blockedBy], [
    "pending",
    "blocked",
    [{ namespace: "flux-system", name: "crds" }],
  ]);
  for (
    const message of [
      "Source artifact not found, retrying in 30s",
      "Source is not ready, artifact not found, retrying in 30s",
      'gitrepositories.source.toolkit.fluxcd.io "flux-system" not found',
      "unable to get source 'x': GitRepository.source.toolkit.fluxcd.io \"x\" not found",
    ]
  ) {
    assertEquals(
      words({ conditions: [ready("False", "ArtifactFailed", message)] }),
      "pending waiting-source",
      message,
    );
  }
});

Deno.test("what went wrong is failed", () => {
  for (
    const [reason, message] of [
      ["ArtifactFailed", "kustomization path not found: stat /tmp/x/apps: no such file"],
      ["BuildFailed", "kustomize build failed"],
      ["ReconciliationFailed", "Deployment/web dry-run failed"],
      ["PruneFailed", "may not delete"],
      ["HealthCheckFailed", "timeout"],
    ] as const
  ) {
    const failing = ready("False", reason, message);
    assertEquals(words({ conditions: [failing] }), "failed failed", reason);
    const retrying = condition("Reconciling", "True", "ProgressingWithRetry", "");
    assertEquals(words({ conditions: [retrying, failing] }), "failed retrying", reason);
  }
});

Deno.test("a newer revision that cuts the health checks short is work", () => {
  const canceled = ready("False", "HealthCheckCanceled", "New reconciliation triggered");
  const [reconciling] = step("Running health checks");
  assertEquals(words({ conditions: [reconciling!, canceled] }), "running checking");
});

Deno.test("a stalled one is failed, with what stopped it", () => {
  const message = "Reconciliation failed terminally due to configuration error";
  const { status, state, reason } = kustomizationStatus(kustomization({
    conditions: [
      condition("Stalled", "True", "InvalidCELExpression", message),
      ready("False", "InvalidCELExpression", message),
    ],
  }));
  assertEquals([status, state, reason], ["failed", "stalled", "InvalidCELExpression"]);
});

Deno.test("a suspended one keeps its last phase, one that is deleted is on its way out", () => {
  const conditions = [ready("True", "ReconciliationSucceeded")];
  assertEquals(
    words({
      generation: 9,
      spec: { suspend: true },
      conditions,
      status: { observedGeneration: 1 },
    }),
    "succeeded suspended",
  );
  const leaving = kustomizationStatus(
    kustomization({ conditions, deletedAt: "2026-11-20T18:30:00Z" }),
  );
  assertEquals([leaving.status, leaving.state, leaving.startedAt, leaving.endedAt], [
    "running",
    "terminating",
    at("18:30:00"),
    undefined,
  ]);
});
