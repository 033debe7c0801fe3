import type { KubeError } from "./errors.ts";

/** The delays and limits of a list/watch loop. All in milliseconds unless the name says otherwise. */
export interface ReflectorTiming {
  /** First back-off; each further failure doubles it. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Pause after 401 and 403: somebody has to grant something, so hurrying helps nobody. */
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
 * - idle 150 s: an API server sends each watch a bookmark about every 60 s (75 s with its jitter),
 *   so this is two missed in a row. A resource without a single change since the API server started
 *   gets no bookmarks at all; there the price is one resumed watch each 150 s, which is no failure.
 * - watch 300 to 600 s: what client-go asks for; the spread keeps clients from returning together.
 * - page 60 s: the API server's own limit for a request. Head 30 s: it may queue a request before
 *   it answers (API priority and fairness), but not for that long.
 */
export const DEFAULT_TIMING: ReflectorTiming = {
  backoffBaseMs: 500,
  backoffMaxMs: 30_000,
  deniedRetryMs: 30_000,
  missingRetryMs: 10_000,
  retryAfterMaxMs: 300_000,
  stableAfterMs: 10_000,
  headTimeoutMs: 30_000,
  pageTimeoutMs: 60_000,
  idleTimeoutMs: 150_000,
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
  /** Answered resumes in a row without progress. After {@linkcode MAX_FAILED_RESUMES}: list. */
  readonly failedResumes: number;
  /** Whether a 410 was already obeyed since the last progress. */
  readonly expired: boolean;
}

/** How an attempt ended. `progressed`: the watch brought an event or lived for `stableAfterMs`. */
export type Outcome =
  | { readonly kind: "listed" }
  | { readonly kind: "watch-ended"; readonly progressed: boolean; readonly lasted: boolean }
  | {
    readonly kind: "failed";
    readonly during: "list" | "watch";
    readonly error: KubeError;
    readonly progressed: boolean;
  };

/** The plan of a loop that has not done anything yet. */
export const INITIAL_PLAN: Plan = {
  action: "list",
  paged: true,
  delayMs: 0,
  failures: 0,
  failedResumes: 0,
  expired: false,
};

/**
 * Resuming can fail for good without a 410: etcd was restored from a backup and our version lies in
 * its future, or the next event is one that we choke on each time. A list gets past both, so resuming
 * is given up after this many answered attempts.
 */
const MAX_FAILED_RESUMES = 3;

/** Decides what follows an attempt. Pure: `random` gives numbers in [0, 1). */
export function nextPlan(
  plan: Plan,
  outcome: Outcome,
  timing: ReflectorTiming,
  random: () => number,
): Plan {
  if (outcome.kind === "listed") return { ...plan, action: "watch", paged: true, delayMs: 0 };

  const before = outcome.progressed ? 0 : plan.failures;
  if (outcome.kind === "watch-ended") {
    // A server that ends watches as soon as they open must not be asked in a tight loop.
    const failures = outcome.lasted ? 0 : before + 1;
    return {
      action: "watch",
      paged: true,
      delayMs: failures === 0 ? 0 : backoff(failures, timing, random),
      failures,
      failedResumes: outcome.progressed ? 0 : plan.failedResumes,
      expired: plan.expired && !outcome.progressed,
    };
  }

  const { error, during } = outcome;
  const failures = before + 1;
  const expiredBefore = plan.expired && !outcome.progressed;
  const expired = expiredBefore || error.code === "gone";
  // A 410 tells us what to do. Only a second one in a row is trouble.
  const delayMs = expired && !expiredBefore ? 0 : delayAfter(error, failures, timing, random);
  const list = (paged: boolean): Plan => (
    { action: "list", paged, delayMs, failures, failedResumes: 0, expired }
  );
  // A second expired token would be as likely as the first: read the list in one answer instead.
  if (during === "list") return list(!(plan.paged && error.code === "gone"));
  if (RELIST.has(error.code)) return list(true);
  const failedResumes = (outcome.progressed ? 0 : plan.failedResumes) +
    (ANSWERLESS.has(error.code) ? 0 : 1);
  return failedResumes >= MAX_FAILED_RESUMES
    ? list(true)
    : { action: "watch", paged: true, delayMs, failures, failedResumes, expired };
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
  failures: number,
  timing: ReflectorTiming,
  random: () => number,
): number {
  switch (error.code) {
    case "unauthorized":
    case "forbidden":
      return jitter(timing.deniedRetryMs, random);
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
