/** The status of a node: what decides its colour. */
export type Phase = "pending" | "running" | "succeeded" | "failed";

/** From the worst to the best. */
const BY_WEIGHT: readonly Phase[] = ["failed", "running", "pending", "succeeded"];

/**
 * What many amount to: failed before running before pending before succeeded. A status outside the
 * palette counts as running, because something is going on; nothing at all is pending.
 */
export function rollUp(statuses: Iterable<string>): Phase {
  let worst: Phase | undefined;
  for (const status of statuses) {
    const phase = BY_WEIGHT.find((known) => known === status) ?? "running";
    if (worst === undefined || BY_WEIGHT.indexOf(phase) < BY_WEIGHT.indexOf(worst)) worst = phase;
  }
  return worst ?? "pending";
}

/** Whether nothing more is to come without someone acting. */
export function isSettled(status: string): boolean {
  return status === "succeeded" || status === "failed";
}
