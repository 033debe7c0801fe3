/**
 * The reasons that Flux itself writes on `Ready=False`, by what they mean. Read in helm-controller
 * 1.6.3: `api/v2/condition_types.go`, `internal/controller/helmrelease_controller.go` and
 * `internal/reconcile/`. Any other reason is not ours to judge.
 */

/** Something else has to happen first. */
export const WAITING_REASONS: ReadonlySet<string> = new Set([
  "DependencyNotReady",
  "SourceNotReady",
]);

/** A newer revision cut the health checks short; the controller tries again at once. */
export const CANCELED_REASON = "HealthCheckCanceled";

/** It went wrong. A remediated release is not what was asked for, so it counts as well. */
export const FAILING_REASONS: ReadonlySet<string> = new Set([
  "InstallFailed",
  "UpgradeFailed",
  "TestFailed",
  "UninstallFailed",
  "RollbackFailed",
  "RollbackSucceeded",
  "UninstallSucceeded",
  "ArtifactFailed",
  "ValuesError",
  "ChartMutateError",
  "RESTClientError",
  "ResourceManagerError",
  "FactoryError",
  "ConfigFactoryErr",
  "StateError",
  "ReconcileError",
  "PendingRelease",
  "AccessDenied",
  "InvalidCELExpression",
  // Never written by Flux, but a row of the original's table.
  "RetriesExhausted",
]);

/** Reasons that a Helm action ended with, so that the last entry of the history is that action. */
export const ACTION_REASON = /^(Install|Upgrade|Test|Rollback|Uninstall)(Succeeded|Failed)$/;
