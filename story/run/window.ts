/** Packets that are always allowed on their way: a window that is too small makes its own rate. */
const SMALLEST = 300;
/** Beyond that, as many as arrive in so many seconds. */
const SECONDS = 0.5;

/**
 * Packets of a generator that may be on their way to a step before it waits. A producer is held by its
 * connection; but measured on Deno 2.9.2, that takes in hundreds of megabytes before it says so.
 *
 * @param rate packets a second that arrive
 */
export function windowOf(rate: number): number {
  return Math.max(SMALLEST, rate * SECONDS);
}
