import type { Child } from "../process/child.ts";

/** Longest time for an answer, in milliseconds. */
const TIMEOUT_MS = 1_000;

/**
 * What a child has counted (`GET /v1/streams`), and in which of its lives; undefined while it is away
 * or too busy to tell.
 */
export async function ask<Report>(
  child: Child | undefined,
  url: string,
): Promise<{ readonly life: number; readonly report: Report } | undefined> {
  if (child === undefined || !child.isReady) return undefined;
  const life = child.restarts;
  try {
    const answer = await fetch(`${url}/v1/streams`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const report = await answer.json() as Report;
    // Who answered may be the one after it.
    return child.restarts === life ? { life, report } : undefined;
  } catch (error) {
    // It has died, or is busy: the next look tells.
    if (error instanceof TypeError || error instanceof DOMException) return undefined;
    throw error;
  }
}
