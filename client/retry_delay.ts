/** Between attempts before the router's `retry:` says otherwise, in milliseconds. */
export const DEFAULT_RETRY = 1_000;
/** No pause is longer, in milliseconds, except after a refusal. */
export const MAX_RETRY = 30_000;
/** Around which a refused attempt (401, 403, …) is repeated, in milliseconds. */
export const REFUSAL_RETRY = 60_000;

// `retry: 0` would turn an unreachable router into a busy loop.
const MIN_RETRY = 100;

/** What the pause before the next attempt depends on; times in milliseconds. */
export interface Retry {
  /** Attempts that failed in a row; 0 after a connection that worked. */
  readonly failures: number;
  /** The router's `retry:`. */
  readonly base: number;
  /** The router refused the last attempt. */
  readonly refused: boolean;
  /** The router's Retry-After. */
  readonly retryAfter?: number | undefined;
}

/**
 * The pause before the next attempt, in milliseconds: doubled with each failure up to
 * {@linkcode MAX_RETRY}, its upper half random, so that the readers of a restarted router do not
 * come back as one.
 *
 * @param random gives a number in [0, 1)
 */
export function retryDelay(retry: Retry, random: () => number): number {
  const { failures, refused, retryAfter = 0 } = retry;
  const base = Math.min(Math.max(retry.base, MIN_RETRY), MAX_RETRY);
  const full = refused ? REFUSAL_RETRY : Math.min(base * 2 ** failures, MAX_RETRY);
  return Math.max(retryAfter, full / 2) + random() * full / 2;
}

/**
 * Reads a Retry-After header (RFC 9110 §10.2.3): seconds or a date.
 *
 * @param now Unix time in milliseconds
 * @returns milliseconds, or undefined when there is none or it makes no sense
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const milliseconds = /^\s*\d+\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  if (!(milliseconds >= 0)) return undefined;
  // A router that is back sooner than it thought is not left alone for days.
  return Math.min(milliseconds, 10 * REFUSAL_RETRY);
}
