import { DISTURBANCE } from "./results.ts";

/** How often a disturbed measurement is repeated. */
const REPEATS = 2;

/**
 * Measures on a quiet machine if that can be had in time, and keeps the least disturbed of a few.
 *
 * @param quiet waits for a quiet machine; undefined where nobody asked for one
 * @param disturbanceOf how much of a core other programs used meanwhile
 */
export async function calmly<T>(
  quiet: (() => Promise<unknown>) | undefined,
  measure: () => Promise<T>,
  disturbanceOf: (outcome: T) => number,
): Promise<T> {
  if (quiet === undefined) return await measure();
  const calm = async () => {
    await quiet();
    return await measure();
  };
  let best = await calm();
  for (let again = 0; again < REPEATS && disturbanceOf(best) > DISTURBANCE; again++) {
    const outcome = await calm();
    if (disturbanceOf(outcome) < disturbanceOf(best)) best = outcome;
  }
  return best;
}
