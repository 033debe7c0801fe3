import type { KubeError } from "./errors.ts";

/** The delays and limits of a list/watch loop. All in milliseconds unless the name says otherwise. */
export interface ReflectorTiming {
  /** First back-off; each further failure doubles it. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Pause after repeated 401 and 403: somebody has to grant something, so hurrying helps nobody. */
  readonly deniedRetryMs: number;
  /** Pause after 404: a CRD is usually on its way, and a person is waiting for it. */
  readonly missingRetryMs: number;
  /** A longer `Retry-After` is cut to this, so that no answer can silence a loop for good. */
  readonly retryAfterMaxMs: number;
  /** A watch that lived this long was a good one: the next starts without a back-off. */
  readonly stableAfterMs: number;
  /** The longest wait for the head of an answer, and for one whole page of a list. */
  readonly headTimeoutMs: number;
  readonly pageTimeoutMs: number;
  /** The longest silence on an open watch. */
  readonly idleTimeoutMs: number;
  /** `timeoutSeconds` of a watch is drawn between this and twice this. */
  readonly watchTimeoutSeconds: number;
}

/**
 * - idle 180 s: kube-apiserver 1.36 sent the first bookmark on a quiet watch after 120 s and then one
 *   each 60 s (measured), so this leaves a period to spare. Where a server sends none, the price is
 *   one list each 180 s.
 * - watch 300 to 600 s: what client-go asks for; the spread keeps clients from returning together.
 * - back-off 10 s: client-go waits up to 30 s. An operator who watches an API server come back waits
 *   for the last pause of ours, and there is one client a cluster to spare it.
 * - page 60 s: the API server's own limit for a request. Head 30 s: it may queue a request before
 *   it answers (API priority and fairness), but not for that long.
 */
export const DEFAULT_TIMING: ReflectorTiming = {
  backoffBaseMs: 500,
  backoffMaxMs: 10_000,
  deniedRetryMs: 30_000,
  missingRetryMs: 10_000,
  retryAfterMaxMs: 300_000,
  stableAfterMs: 10_000,
  headTimeoutMs: 30_000,
  pageTimeoutMs: 60_000,
  idleTimeoutMs: 180_000,
  watchTimeoutSeconds: 300,
};

/** What the loop does next, and what it remembers of its bad luck. */
export interface Plan {
  readonly action: "list" | "watch";
  /** Whether a list is read in pages. Not after a continue token has expired. */
  readonly paged: boolean;
  readonly delayMs: number;
  /** Attempts in a row without progress. Sets the back-off. */
  readonly failures: number;
  /** How many of the last attempts in a row were answered with 401 or 403. */
  readonly denials: number;
  /** Answered resumes in a row without progress. After {@linkcode MAX_FAILED_RESUMES}: list. */
  readonly failedResumes: number;
  /** Whether a 410 was already obeyed since the last progress. */
  readonly expired: boolean;
}

/**
 * How an attempt ended. `advanced`: the watch brought an event or a bookmark, and so proved that its
 * version meant something to the server. `lasted`: it lived for `stableAfterMs`.
 */
export type Outcome =
  | { readonly kind: "listed" }
  | { readonly kind: "watch-ended"; readonly advanced: boolean; readonly lasted: boolean }
  | {
    readonly kind: "failed";
    readonly during: "list" | "watch";
    readonly error: KubeError;
    readonly advanced: boolean;
    readonly lasted: boolean;
  };

/** The plan of a loop that has not done anything yet. */
export const INITIAL_PLAN: Plan = {
  action: "list",
  paged: true,
  delayMs: 0,
  failures: 0,
  denials: 0,
  failedResumes: 0,
  expired: false,
};

/**
 * Resuming can fail for good without a 410, when the next event is one that we choke on each time. A
 * list gets past it, so resuming is given up after this many answered attempts.
 */
const MAX_FAILED_RESUMES = 3;

/**
 * A kube-apiserver that has just started denies everybody everything until it has read the roles
 * (1.36, measured), so this many denials in a row are taken for that and retried soon.
 */
export const QUICK_DENIALS = 4;

const DENIED: ReadonlySet<string> = new Set(["unauthorized", "forbidden"]);

/** Decides what follows an attempt. Pure: `random` gives numbers in [0, 1). */
export function nextPlan(
  plan: Plan,
  outcome: Outcome,
  timing: ReflectorTiming,
  random: () => number,
): Plan {
  if (outcome.kind === "listed") {
    return { ...plan, action: "watch", paged: true, delayMs: 0, denials: 0 };
  }
  const { advanced, lasted } = outcome;
  const before: Plan = advanced || lasted
    ? { ...plan, failures: 0, denials: 0, failedResumes: 0, expired: false }
    : plan;
  return outcome.kind === "watch-ended"
    ? afterWatch(before, advanced, lasted, timing, random)
    : afterFailure(before, outcome.error, outcome.during, timing, random);
}

/**
 * A watch that was silent to its end is followed by a list. kube-apiserver (1.36, measured) accepts
 * a watch from a version of its future, as ours is after etcd was restored from a backup, and says
 * nothing on it, bookmarks included, until it gets there. Silence is all there is to tell it by.
 */
function afterWatch(
  plan: Plan,
  advanced: boolean,
  lasted: boolean,
  timing: ReflectorTiming,
  random: () => number,
): Plan {
  if (lasted) return { ...plan, action: advanced ? "watch" : "list", paged: true, delayMs: 0 };
  // A server that ends watches as soon as they open must not be asked in a tight loop.
  const failures = plan.failures + 1;
  const delayMs = backoff(failures, timing, random);
  return resume({ ...plan, failures, delayMs }, advanced ? 0 : 1);
}

function afterFailure(
  plan: Plan,
  error: KubeError,
  during: "list" | "watch",
  timing: ReflectorTiming,
  random: () => number,
): Plan {
  const failures = plan.failures + 1;
  const denials = DENIED.has(error.code) ? plan.denials + 1 : 0;
  const expired = plan.expired || error.code === "gone";
  // A 410 tells us what to do. Only a second one in a row is trouble.
  const delayMs = expired && !plan.expired
    ? 0
    : delayAfter(error, { failures, denials }, timing, random);
  const next: Plan = { ...plan, failures, denials, expired, delayMs, paged: true };
  if (during === "list") {
    // A second expired token would be as likely as the first: read the list in one answer instead.
    return { ...next, action: "list", paged: !(plan.paged && error.code === "gone") };
  }
  if (RELIST.has(error.code)) return { ...next, action: "list" };
  return resume(next, ANSWERLESS.has(error.code) ? 0 : 1);
}

function resume(plan: Plan, failed: 0 | 1): Plan {
  const failedResumes = plan.failedResumes + failed;
  return failedResumes >= MAX_FAILED_RESUMES
    ? { ...plan, action: "list", paged: true, failedResumes: 0 }
    : { ...plan, action: "watch", paged: true, failedResumes };
}

const RELIST: ReadonlySet<string> = new Set([
  "gone",
  "not-found",
  "crd-missing",
  // The caller lacks something, and only a list is sure to hold it.
  "handler-failed",
]);

/** Nothing was learnt about our resourceVersion, or the answer was about something else. */
const ANSWERLESS: ReadonlySet<string> = new Set([
  "unreachable",
  "timeout",
  "credentials",
  "unauthorized",
  "forbidden",
  "too-many-requests",
]);

function delayAfter(
  error: KubeError,
  { failures, denials }: Pick<Plan, "failures" | "denials">,
  timing: ReflectorTiming,
  random: () => number,
): number {
  switch (error.code) {
    case "unauthorized":
    case "forbidden":
      // It was silent for long, perhaps, but now it answers: that is why the count begins anew.
      return denials <= QUICK_DENIALS
        ? backoff(denials, timing, random)
        : jitter(timing.deniedRetryMs, random);
    case "not-found":
    case "crd-missing":
      return jitter(timing.missingRetryMs, random);
  }
  const delay = backoff(failures, timing, random);
  if (error.retryAfterMs === undefined) return delay;
  const asked = Math.min(error.retryAfterMs, timing.retryAfterMaxMs);
  // Later, never earlier, than asked; spread, because everybody was told the same number.
  return Math.max(delay, asked + random() * 0.2 * asked);
}

/** Doubling, capped, half of it random: never at once, never all together. */
function backoff(failures: number, timing: ReflectorTiming, random: () => number): number {
  const ceiling = timing.backoffBaseMs * 2 ** Math.min(failures - 1, 30);
  return jitter(Math.min(timing.backoffMaxMs, ceiling), random);
}

function jitter(ms: number, random: () => number): number {
  return ms / 2 + random() * ms / 2;
}
