import { type Condition, findCondition } from "./condition.ts";
import type { FluxObject, ObjectRef } from "./flux_object.ts";
import type { Phase } from "../../contracts/phase.ts";
import type { RunTimes } from "./times.ts";

/** The fine word for what an object is doing. */
export type ObjectState =
  | "queued"
  | "blocked"
  | "waiting-source"
  | "fetching"
  | "building"
  | "applying"
  | "checking"
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

/** What is said about an object. Times are Unix milliseconds. */
export interface ObjectStatus extends RunTimes {
  readonly status: Phase;
  readonly state: ObjectState;
  readonly reason?: string;
  readonly message?: string;
  /** When `state` began, as far as the object tells. */
  readonly since?: number;
  /** The dependencies that it waits for. */
  readonly blockedBy: readonly ObjectRef[];
}

/** What was said about the same object before. */
export interface PreviousStatus {
  readonly generation: number | undefined;
  readonly status: ObjectStatus;
}

/** An {@linkcode ObjectStatus} before it is written out. */
export interface Verdict {
  readonly status: Phase;
  readonly state: ObjectState;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly since?: number | undefined;
  readonly blockedBy?: readonly ObjectRef[];
}

/** Longest message that is passed on; Flux allows 32,768 characters, a map needs the beginning. */
export const MAX_MESSAGE = 2_048;

/** Leaves out what is not known, and cuts the message to what a map needs. */
export function statusOf(verdict: Verdict, times: RunTimes): ObjectStatus {
  const { status, state, reason, message, since, blockedBy = [] } = verdict;
  return {
    status,
    state,
    ...(reason ? { reason } : {}),
    ...(message ? { message: shorten(message) } : {}),
    ...(since === undefined ? {} : { since }),
    blockedBy,
    ...times,
  };
}

/** Cuts a message to what a map needs. */
export function shorten(message: string): string {
  if (message.length <= MAX_MESSAGE) return message;
  // The cut may fall inside a surrogate pair.
  return `${message.slice(0, MAX_MESSAGE - 1).toWellFormed()}…`;
}

/**
 * The controller has not looked at this generation yet. `status.observedGeneration` alone would not
 * do: it moves only with success or a terminal error, so it also lags while work goes on. It guards
 * against controllers that leave the generation of an unchanged condition behind.
 */
export function isUnseen(
  { generation, observedGeneration }: FluxObject,
  ready: Condition,
): boolean {
  return generation !== undefined && ready.observedGeneration !== undefined &&
    ready.observedGeneration < generation && (observedGeneration ?? 0) < generation;
}

/** Whether a condition speaks of the object as it is asked for now. */
export function isCurrent({ generation }: FluxObject, condition: Condition): boolean {
  return generation === undefined || condition.observedGeneration === undefined ||
    condition.observedGeneration === generation;
}

/** Nobody has looked at it yet, or at what was asked for last. */
export function queued(object: FluxObject): Verdict {
  const reconciling = findCondition(object, "Reconciling");
  if (reconciling?.status === "True" && isCurrent(object, reconciling)) {
    return { status: "pending", state: "queued", ...facts(reconciling) };
  }
  // Nobody writes down when a spec changed, only when the object came to be.
  const since = object.conditions.length === 0 ? object.createdAt : undefined;
  return { status: "pending", state: "queued", since };
}

/** It stopped, and somebody has to act. Undefined when it has not. */
export function stalled(object: FluxObject, ready: Condition): Verdict | undefined {
  const condition = findCondition(object, "Stalled");
  if (condition?.status !== "True" || !isCurrent(object, condition)) return undefined;
  // "Failed to install after 1 attempt(s)" says that it stopped, Ready says why.
  const message = ready.status === "False" && !condition.message.includes(ready.message)
    ? `${condition.message}: ${ready.message}`
    : condition.message;
  return { status: "failed", state: "stalled", ...facts(condition), message };
}

/** What a condition says, and since when. */
export function facts({ reason, message, lastTransitionTime }: Condition) {
  return { reason, message, since: lastTransitionTime };
}
