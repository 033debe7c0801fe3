import { blockedBy } from "./blocked_by.ts";
import { type Condition, findCondition } from "./condition.ts";
import type { Kustomization } from "./kustomization.ts";
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
import { isSettled } from "../../contracts/phase.ts";
import type { RunTimes } from "./times.ts";

const SUCCEEDED = "ReconciliationSucceeded";

/**
 * What a Kustomization amounts to. Read in kustomize-controller 1.10,
 * `internal/controller/kustomization_controller.go`.
 *
 * Each interval it sets Ready to Unknown while it applies again what it has applied already. That is
 * no news, so what was said before holds until it comes to another end; only another revision or
 * another spec is work.
 *
 * @param previous what was said about the same object before, for controllers without a history
 */
export function kustomizationStatus(
  object: Kustomization,
  previous?: PreviousStatus,
): ObjectStatus {
  const verdict = judge(object, previous);
  return statusOf(verdict, timesOf(object, verdict));
}

function judge(object: Kustomization, previous: PreviousStatus | undefined): Verdict {
  if (object.deletedAt !== undefined) {
    return { status: "running", state: "terminating", since: object.deletedAt };
  }
  if (object.suspended) {
    return { ...byConditions({ ...object, generation: undefined }), state: "suspended" };
  }
  return byConditions(object, previous);
}

function byConditions(object: Kustomization, previous?: PreviousStatus): Verdict {
  const ready = findCondition(object, "Ready");
  if (ready === undefined || isUnseen(object, ready)) return queued(object);
  const stopped = stalled(object, ready);
  if (stopped !== undefined) return stopped;
  switch (ready.status) {
    case "True":
      return {
        status: "succeeded",
        state: "succeeded",
        ...settled(object, ready),
      };
    case "Unknown":
      return again(object, previous) ??
        { status: "running", state: activity(object), ...facts(ready) };
    case "False":
      return notReady(object, ready);
  }
}

/** The periodic reconcile of something that has been settled; undefined when it is work. */
function again(
  object: Kustomization,
  previous: PreviousStatus | undefined,
): Verdict | undefined {
  const { generation, observedGeneration, revision, appliedRevision, latest } = object;
  if (generation !== undefined && observedGeneration !== generation) return undefined;
  // The revision in the message is the one under way; status has it only from the next step on.
  const underWay =
    /for revision (\S+) with/.exec(findCondition(object, "Reconciling")?.message ?? "")
      ?.[1] ?? revision;
  if (underWay !== appliedRevision) return undefined;
  if (latest === undefined) {
    if (previous === undefined || previous.generation !== generation) return undefined;
    const { status, state, reason, message, since } = previous.status;
    return status === "succeeded" ? { status, state, reason, message, since } : undefined;
  }
  const { outcome: reason, since } = latest;
  if (reason === SUCCEEDED) {
    const message = `Applied revision: ${appliedRevision}`;
    return { status: "succeeded", state: "succeeded", reason, message, since };
  }
  const message = previous?.status.status === "failed" ? previous.status.message : undefined;
  return { status: "failed", state: "retrying", reason, message, since };
}

/**
 * What a condition says, and since when that is so. Ready itself leaves its value with every
 * reconcile, and comes back to it.
 */
function settled({ latest }: Kustomization, ready: Condition) {
  const since = latest?.outcome === ready.reason ? latest.since : undefined;
  return { ...facts(ready), since: since ?? ready.lastTransitionTime };
}

function notReady(object: Kustomization, ready: Condition): Verdict {
  switch (ready.reason) {
    case "DependencyNotReady":
      return {
        status: "pending",
        state: "blocked",
        ...facts(ready),
        blockedBy: blockedBy(object, ready.message),
      };
    case "HealthCheckCanceled":
      return { status: "running", state: activity(object), ...facts(ready) };
    case "ArtifactFailed":
      if (SOURCE_MISSING.test(ready.message)) {
        return { status: "pending", state: "waiting-source", ...facts(ready) };
      }
  }
  const isRetrying = findCondition(object, "Reconciling")?.reason === "ProgressingWithRetry";
  return { status: "failed", state: isRetrying ? "retrying" : "failed", ...settled(object, ready) };
}

/**
 * `ArtifactFailed` says that a download failed, and also that there is nothing to download yet: no
 * source of this name, or one without an artifact.
 */
const SOURCE_MISSING =
  /^Source (artifact not found|is not ready)|\.source\.toolkit\.fluxcd\.io "[^"]*" not found/;

/** By the beginnings of `<doing> … for revision <revision> with a timeout of <duration>`. */
const STEPS: readonly (readonly [string, ObjectState])[] = [
  ["Fetching manifests", "fetching"],
  ["Building manifests", "building"],
  // The step in which it is also applied.
  ["Detecting drift", "applying"],
  ["Running health checks", "checking"],
];

function activity(object: Kustomization): ObjectState {
  const message = findCondition(object, "Reconciling")?.message ?? "";
  return STEPS.find(([beginning]) => message.startsWith(beginning))?.[1] ?? "applying";
}

function timesOf(object: Kustomization, { status, since }: Verdict): RunTimes {
  if (isSettled(status)) return since === undefined ? {} : { endedAt: since };
  const startedAt = object.deletedAt ?? findCondition(object, "Ready")?.lastTransitionTime;
  return status === "pending" || startedAt === undefined ? {} : { startedAt };
}
