/** RFC 3339 in UTC, which is how Kubernetes writes every time. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Moves an instant of a recording, in Unix ms, to the instant at which it is played. */
export type Rebase = (recorded: number) => number;

/**
 * The rebase of a recording whose first millisecond was `recordedStart`, played from `playedStart` at
 * `speed` recorded seconds a second: what took 10 s then takes 10 s / `speed` now, so the durations
 * that a page shows are those that its reader sees pass.
 */
export function rebaseTo(recordedStart: number, playedStart: number, speed: number): Rebase {
  return (recorded) => playedStart + (recorded - recordedStart) / speed;
}

/** The value with every time in it rebased; nothing else changes, and the original stays as it is. */
export function rebaseTimes<T>(value: T, rebase: Rebase): T {
  return rebased(value, rebase) as T;
}

function rebased(value: unknown, rebase: Rebase): unknown {
  if (typeof value === "string") {
    return TIME.test(value) ? new Date(rebase(Date.parse(value))).toISOString() : value;
  }
  if (Array.isArray(value)) return value.map((item) => rebased(item, rebase));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, rebased(field, rebase)]),
  );
}
