const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A duration in its two largest units: `0.4s`, `12s`, `3m 05s`, `2h 07m`, `4d 3h`.
 *
 * @param milliseconds below 0 counts as 0: the clock of the node's cluster may be ahead of ours
 */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < SECOND) return ms === 0 ? "0s" : `${(Math.ceil(ms / 100) / 10).toFixed(1)}s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m ${two(Math.floor(ms / SECOND) % 60)}s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h ${two(Math.floor(ms / MINUTE) % 60)}m`;
  return `${Math.floor(ms / DAY)}d ${Math.floor(ms / HOUR) % 24}h`;
}

/** How long ago, in one unit, so that only what is fresh changes every second: `12s`, `3m`, `2h`. */
export function formatAgo(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`;
  return `${Math.floor(ms / DAY)}d`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
