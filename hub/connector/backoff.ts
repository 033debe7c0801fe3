import { Code } from "../server/refusal.ts";

/** Times are milliseconds. */
export interface BackoffSettings {
  readonly base: number;
  readonly max: number;
  /** Failures in a row before it is given up; below 0: never. */
  readonly retries: number;
}

/** Statuses that coming again does not change. */
const FINAL: ReadonlySet<number> = new Set([
  Code.invalidArgument,
  Code.permissionDenied,
  Code.failedPrecondition,
  12, // UNIMPLEMENTED
  16, // UNAUTHENTICATED
]);

/**
 * How long to wait after so many failures in a row; undefined: give up.
 *
 * Between half of the doubled time and all of it, so that the connectors of a hub that restarts do
 * not come back in one moment.
 *
 * @param failures from 1
 * @param random from 0 to 1
 */
export function backoff(
  failures: number,
  code: number,
  { base, max, retries }: BackoffSettings,
  random: number,
): number | undefined {
  if (FINAL.has(code) || retries >= 0 && failures > retries) return undefined;
  const whole = Math.min(max, base * 2 ** Math.min(failures - 1, 30));
  return whole * (0.5 + random / 2);
}
