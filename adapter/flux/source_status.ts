import { type Condition, findCondition } from "./condition.ts";
import {
  facts,
  isUnseen,
  type ObjectStatus,
  queued,
  stalled,
  statusOf,
  type Verdict,
} from "./object_status.ts";
import { isSettled } from "../../contracts/phase.ts";
import type { Source } from "./source.ts";

/**
 * What a source amounts to. Read in source-controller 1.9: Ready sums up the conditions that tell
 * what failed (FetchFailed, StorageOperationFailed, SourceVerified), under a reason of theirs, of
 * which there is no closed list.
 */
export function sourceStatus(source: Source): ObjectStatus {
  const verdict = judge(source);
  const ready = findCondition(source, "Ready");
  const at = ready?.lastTransitionTime;
  const times = verdict.status === "pending" || at === undefined
    ? {}
    : isSettled(verdict.status)
    ? { endedAt: at }
    : { startedAt: at };
  return statusOf(verdict, times);
}

function judge(source: Source): Verdict {
  if (source.deletedAt !== undefined) {
    return { status: "running", state: "terminating", since: source.deletedAt };
  }
  if (source.suspended) {
    return { ...byConditions({ ...source, generation: undefined }), state: "suspended" };
  }
  return byConditions(source);
}

function byConditions(source: Source): Verdict {
  const ready = findCondition(source, "Ready");
  if (ready === undefined) {
    // A static repository has nothing to become, and whoever makes an ExternalArtifact may leave
    // the conditions out.
    const isThere = source.isStatic || (source.kind === "ExternalArtifact" && source.hasArtifact);
    return isThere ? { status: "succeeded", state: "succeeded" } : queued(source);
  }
  if (isUnseen(source, ready)) return queued(source);
  const stopped = stalled(source, ready);
  if (stopped !== undefined) return stopped;
  switch (ready.status) {
    case "True":
      return { status: "succeeded", state: "succeeded", ...facts(ready) };
    case "Unknown":
      return { status: "running", state: "fetching", ...facts(ready) };
    case "False":
      return notReady(source, ready);
  }
}

/** What is there is out of date, and what replaces it is on its way. */
const OUTDATED: ReadonlySet<string> = new Set(["NewRevision", "IncludeChange", "Progressing"]);

function notReady(source: Source, ready: Condition): Verdict {
  if (OUTDATED.has(ready.reason)) return { status: "running", state: "fetching", ...facts(ready) };
  const isRetrying = findCondition(source, "Reconciling")?.reason === "ProgressingWithRetry";
  return { status: "failed", state: isRetrying ? "retrying" : "failed", ...facts(ready) };
}
