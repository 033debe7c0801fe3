/** The status of a node: what decides its colour. */
export type Phase = "pending" | "running" | "succeeded" | "failed";

/**
 * What many amount to. One that failed decides; all alike are that; any mix of what is done and what
 * is not is under way, also while everything left waits for its turn. A status outside the palette
 * counts as running, because something is going on; nothing at all is pending.
 */
export function rollUp(statuses: Iterable<string>): Phase {
  const seen = new Set(statuses);
  if (seen.has("failed")) return "failed";
  if (seen.size === 0) return "pending";
  const [only] = seen;
  return seen.size === 1 && (only === "pending" || only === "succeeded") ? only : "running";
}

/** Whether nothing more is to come without someone acting. */
export function isSettled(status: string): boolean {
  return status === "succeeded" || status === "failed";
}
