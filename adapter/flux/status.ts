import { blockedBy } from "./blocked_by.ts";
import { type Condition, findCondition } from "./condition.ts";
import type { HelmRelease, ReleaseRef } from "./helm_release.ts";
import type { Phase } from "./phase.ts";
import { CANCELED_REASON, FAILING_REASONS } from "./reasons.ts";
import { seedStatus } from "./seed_status.ts";
import { type RunTimes, runTimes } from "./times.ts";

/** The fine word for what a release is doing. */
export type ReleaseState =
  | "queued"
  | "blocked"
  | "waiting-source"
  | "installing"
  | "upgrading"
  | "testing"
  | "rolling-back"
  | "uninstalling"
  | "retrying"
  | "stalled"
  | "failed"
  | "suspended"
  | "drifted"
  | "terminating"
  | "succeeded";

/** What is said about a release. Times are Unix milliseconds. */
export interface ReleaseStatus extends RunTimes {
  readonly status: Phase;
  readonly state: ReleaseState;
  readonly reason?: string;
  readonly message?: string;
  /** When `state` began, as far as the object tells. */
  readonly since?: number;
  /** The dependencies that it waits for. */
  readonly blockedBy: readonly ReleaseRef[];
}

/** What was said about the same object before. */
export interface PreviousStatus {
  readonly generation: number | undefined;
  readonly status: ReleaseStatus;
}

/** Longest message that is passed on; Flux allows 32,768 characters, a map needs the beginning. */
export const MAX_MESSAGE = 2_048;

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
): ReleaseStatus {
  const verdict = judge(release, previous);
  const status = mapping === "seed" ? seedStatus(findCondition(release, "Ready")) : verdict.status;
  const { state, reason, message, since } = verdict;
  return {
    status,
    state,
    ...(reason ? { reason } : {}),
    ...(message ? { message: shorten(message) } : {}),
    ...(since === undefined ? {} : { since }),
    blockedBy: verdict.blockedBy ?? [],
    ...runTimes(release, status),
  };
}

interface Verdict {
  readonly status: Phase;
  readonly state: ReleaseState;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly since?: number | undefined;
  readonly blockedBy?: readonly ReleaseRef[];
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
  const ready = findCondition(release, "Ready");
  if (ready === undefined || isUnseen(release, ready)) return queued(release);
  const stalled = findCondition(release, "Stalled");
  if (stalled?.status === "True" && isCurrent(release, stalled)) return stalledBy(stalled, ready);
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
 * The controller has not looked at this generation yet. `status.observedGeneration` alone would not
 * do: it moves only with success or a terminal error, so it also lags while work goes on. It guards
 * against controllers that leave the generation of an unchanged condition behind.
 */
function isUnseen({ generation, observedGeneration }: HelmRelease, ready: Condition): boolean {
  return generation !== undefined && ready.observedGeneration !== undefined &&
    ready.observedGeneration < generation && (observedGeneration ?? 0) < generation;
}

function isCurrent({ generation }: HelmRelease, condition: Condition): boolean {
  return generation === undefined || condition.observedGeneration === undefined ||
    condition.observedGeneration === generation;
}

function queued(release: HelmRelease): Verdict {
  const reconciling = findCondition(release, "Reconciling");
  if (reconciling?.status === "True" && isCurrent(release, reconciling)) {
    return { status: "pending", state: "queued", ...facts(reconciling) };
  }
  // Nobody writes down when a spec changed, only when the object came to be.
  const since = release.conditions.length === 0 ? release.createdAt : undefined;
  return { status: "pending", state: "queued", since };
}

function stalledBy(stalled: Condition, ready: Condition): Verdict {
  // "Failed to install after 1 attempt(s)" says that it stopped, Ready says why.
  const message = ready.status === "False" && !stalled.message.includes(ready.message)
    ? `${stalled.message}: ${ready.message}`
    : stalled.message;
  return { status: "failed", state: "stalled", ...facts(stalled), message };
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

function activity(release: HelmRelease, ready: Condition): ReleaseState {
  if (ready.message === "correcting cluster drift") return "drifted";
  return actionOf(findCondition(release, "Reconciling")) ?? actionOf(ready) ??
    (ready.reason === "AwaitingTests"
      ? "testing"
      : release.history.length === 0
      ? "installing"
      : "upgrading");
}

/** By the names that the controller gives its actions in `Running '…' action with timeout of …`. */
const ACTIONS: ReadonlyMap<string, ReleaseState> = new Map([
  ["install", "installing"],
  ["upgrade", "upgrading"],
  ["test", "testing"],
  ["rollback", "rolling-back"],
  ["uninstall", "uninstalling"],
  ["correct cluster drift", "drifted"],
]);

function actionOf(condition: Condition | undefined): ReleaseState | undefined {
  const name = /^Running '([^']+)' action/.exec(condition?.message ?? "")?.[1];
  return name === undefined ? undefined : ACTIONS.get(name);
}

function facts({ reason, message, lastTransitionTime }: Condition) {
  return { reason, message, since: lastTransitionTime };
}

/** Cuts a message to what a map needs. */
export function shorten(message: string): string {
  if (message.length <= MAX_MESSAGE) return message;
  // The cut may fall inside a surrogate pair.
  return `${message.slice(0, MAX_MESSAGE - 1).toWellFormed()}…`;
}
