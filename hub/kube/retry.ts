import { type Clock, sleep } from "../../contracts/clock.ts";
import { KubeError } from "../../kube/errors.ts";

/** Answers that asking again does not change. */
const FINAL: ReadonlySet<string> = new Set([
  "forbidden",
  "unauthorized",
  "invalid-request",
  "not-found",
  "crd-missing",
]);

export interface RetryOptions {
  readonly attempts: number;
  /** Milliseconds after the first attempt; doubled each time up to half a minute. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Asks the API server again while that may help.
 *
 * @throws whatever the last attempt threw
 */
export async function retried<T>(
  ask: () => Promise<T>,
  { attempts, pauseMs, clock, signal }: RetryOptions,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const isFinal = !(error instanceof KubeError) || FINAL.has(error.code);
      if (isFinal || attempt === attempts || signal.aborted) throw error;
    }
    await sleep(clock, Math.min(30_000, pauseMs * 2 ** (attempt - 1)), signal);
  }
}
