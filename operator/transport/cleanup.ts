import { FINALIZER } from "../../contracts/transport/names.ts";
import type { Decision, DecisionContext, Write } from "./decision.ts";
import { engramWrites } from "./engram_writes.ts";
import { isClaimed, REASONS, runStatus, type Verdict } from "./run_conditions.ts";
import type { SeenRun } from "./seen.ts";

/**
 * How long a deletion may be held up by a cleanup that fails. What it would have cleaned is the
 * mirror of a state; a run that cannot be deleted is worse.
 */
const CLEANUP_DEADLINE_MS = 120_000;

export function hasFinalizer({ run }: SeenRun): boolean {
  return run.metadata.finalizers?.includes(FINALIZER) === true;
}

export function addFinalizer({ run }: SeenRun): Write[] {
  const finalizers = run.metadata.finalizers ?? [];
  if (finalizers.includes(FINALIZER)) return [];
  return [finalizerWrite(run.metadata, [...finalizers, FINALIZER])];
}

/**
 * Lets a run go that is being deleted. Asks nothing of its Story: that may be gone, or not be
 * realtime any longer, or name another transport, and a run must be deletable in any case.
 */
export function cleanUp(seen: SeenRun, { now }: DecisionContext): Decision {
  const { run, story } = seen;
  const requestedAt = Date.parse(run.metadata.deletionTimestamp ?? "");
  const isOverdue = now - requestedAt > CLEANUP_DEADLINE_MS;
  const resets = story?.value === undefined ? [] : engramWrites(story.value, seen, {
    ready: false,
    message: (step) => `transport binding ${step} cleaned up`,
  }).map((write): Write => isOverdue ? { ...write, optional: true } : write);
  const cleaned = both(seen, REASONS.cleaned, "grpc transport cleanup completed", now);
  return {
    phase: "cleaned",
    writes: [
      ...(resets.length === 0
        ? []
        : both(seen, REASONS.cleaningUp, "Cleaning up grpc transport", now)),
      ...resets,
      // With our finalizer the last, the run is gone before anybody could read it.
      ...(run.metadata.finalizers?.length === 1 ? [] : cleaned),
      removeFinalizer(seen),
    ],
    announcements: [{
      kind: "StoryRun",
      object: run.metadata,
      type: "Normal",
      reason: "TransportCleanupComplete",
      message: `grpc transport cleanup completed (annotationsReset=${resets.length})`,
    }],
  };
}

/** Lets a run go that is not ours any longer, and is not being deleted. */
export function release(seen: SeenRun, why: string, { now }: DecisionContext): Decision {
  return {
    phase: "released",
    writes: [
      ...(isClaimed(seen.run) ? both(seen, REASONS.cleaned, why, now) : []),
      removeFinalizer(seen),
    ],
    announcements: [],
  };
}

/** A status that cannot be written must not keep a run from going. */
function both(seen: SeenRun, reason: Verdict["reason"], message: string, now: number): Write[] {
  const verdict: Verdict = { status: "False", reason, message };
  return runStatus(seen.run, { transportReady: verdict, ready: verdict }, now)
    .map((write) => ({ ...write, optional: true }));
}

function removeFinalizer({ run: { metadata } }: SeenRun): Write {
  return finalizerWrite(
    metadata,
    (metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER),
  );
}

/**
 * The whole list, of the version that was seen, and not server-side apply: that would leave a
 * finalizer that another field manager, such as the original operator, has put there.
 */
function finalizerWrite(object: Write["object"], finalizers: readonly string[]): Write {
  return { verb: "merge", kind: "StoryRun", object, body: { metadata: { finalizers } } };
}
