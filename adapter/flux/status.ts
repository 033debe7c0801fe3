import { blockedBy } from "./blocked_by.ts";
import { type Condition, findCondition } from "./condition.ts";
import type { HelmRelease } from "./helm_release.ts";
import {
  facts,
  isUnseen,
  type ObjectState,
  type ObjectStatus,
  type PreviousStatus,
  queued,
  stalled,
  statusOf,
  type Verdict,
} from "./object_status.ts";
import { CANCELED_REASON, FAILING_REASONS } from "./reasons.ts";
import { seedStatus } from "./seed_status.ts";
import { runTimes } from "./times.ts";

/**
 * What a HelmRelease amounts to.
 *
 * @param mapping `flux`: by what today's Flux means; `seed`: `status` by the original's table
 * @param previous lets a stalled release stay stalled: each reconcile takes the Stalled condition
 *   away for a moment before it comes to the same end
 */
export function releaseStatus(
  release: HelmRelease,
  mapping: "flux" | "seed" = "flux",
  previous?: PreviousStatus,
): ObjectStatus {
  const verdict = judge(release, previous);
  const status = mapping === "seed" ? seedStatus(findCondition(release, "Ready")) : verdict.status;
  return statusOf({ ...verdict, status }, runTimes(release, status));
}

function judge(release: HelmRelease, previous: PreviousStatus | undefined): Verdict {
  if (release.deletedAt !== undefined) return terminating(release, release.deletedAt);
  if (release.suspended) {
    // The controller returns before it looks, so the conditions speak of an older generation.
    return { ...byConditions({ ...release, generation: undefined }), state: "suspended" };
  }
  return byConditions(release, previous);
}

function terminating(release: HelmRelease, since: number): Verdict {
  const ready = findCondition(release, "Ready");
  const state = "terminating";
  if (ready?.status !== "False" || !ready.reason.startsWith("Uninstall")) {
    return { status: "running", state, since };
  }
  const status = ready.reason === "UninstallFailed" ? "failed" : "running";
  return { status, state, reason: ready.reason, message: ready.message, since };
}

function byConditions(release: HelmRelease, previous?: PreviousStatus): Verdict {
  const found = findCondition(release, "Ready");
  if (found === undefined || isUnseen(release, found)) return queued(release);
  const ready = withCause(release, found);
  const stopped = stalled(release, ready);
  if (stopped !== undefined) return stopped;
  switch (ready.status) {
    case "True":
      return succeeded(release, ready);
    case "Unknown":
      return running(release, ready);
    case "False":
      return notReady(release, ready, previous);
  }
}

/**
 * Once a remedy has come to its end Ready speaks of that alone. What a person wants to know is what
 * it was for, which the conditions that Ready sums up still tell.
 */
function withCause(release: HelmRelease, ready: Condition): Condition {
  if (findCondition(release, "Remediated")?.message !== ready.message) return ready;
  const cause = ["TestSuccess", "Released"]
    .map((type) => findCondition(release, type))
    .find((condition) => condition?.status === "False" && condition.reason.endsWith("Failed"));
  return cause === undefined ? ready : { ...ready, message: `${cause.message}; ${ready.message}` };
}

function succeeded(release: HelmRelease, ready: Condition): Verdict {
  const drifted = findCondition(release, "Drifted");
  return drifted?.status === "True"
    ? { status: "succeeded", state: "drifted", ...facts(drifted) }
    : { status: "succeeded", state: "succeeded", ...facts(ready) };
}

function running(release: HelmRelease, ready: Condition): Verdict {
  return { status: "running", state: activity(release, ready), ...facts(ready) };
}

function notReady(
  release: HelmRelease,
  ready: Condition,
  previous: PreviousStatus | undefined,
): Verdict {
  switch (ready.reason) {
    case "DependencyNotReady":
      return {
        status: "pending",
        state: "blocked",
        ...facts(ready),
        blockedBy: blockedBy(release, ready.message),
      };
    case "SourceNotReady":
      return { status: "pending", state: "waiting-source", ...facts(ready) };
    case CANCELED_REASON:
      return running(release, ready);
  }
  if (!FAILING_REASONS.has(ready.reason)) return running(release, ready);
  if (previous?.status.state === "stalled" && previous.generation === release.generation) {
    const { reason, message, since } = previous.status;
    return { status: "failed", state: "stalled", reason, message, since };
  }
  const reconciling = findCondition(release, "Reconciling");
  if (reconciling?.reason === "ProgressingWithRetry") {
    return { status: "failed", state: "retrying", ...facts(ready) };
  }
  // A remediation leaves Ready as the failure wrote it, so it is failed and yet being worked on.
  const action = actionOf(reconciling);
  const state = action === "rolling-back" || action === "uninstalling" ? action : "failed";
  return { status: "failed", state, ...facts(ready) };
}

function activity(release: HelmRelease, ready: Condition): ObjectState {
  if (ready.message === "correcting cluster drift") return "drifted";
  return actionOf(findCondition(release, "Reconciling")) ?? actionOf(ready) ??
    (ready.reason === "AwaitingTests"
      ? "testing"
      : release.history.length === 0
      ? "installing"
      : "upgrading");
}

/** By the names that the controller gives its actions in `Running '…' action with timeout of …`. */
const ACTIONS: ReadonlyMap<string, ObjectState> = new Map([
  ["install", "installing"],
  ["upgrade", "upgrading"],
  ["test", "testing"],
  ["rollback", "rolling-back"],
  ["uninstall", "uninstalling"],
  ["correct cluster drift", "drifted"],
]);

function actionOf(condition: Condition | undefined): ObjectState | undefined {
  const name = /^Running '([^']+)' action/.exec(condition?.message ?? "")?.[1];
  return name === undefined ? undefined : ACTIONS.get(name);
}
