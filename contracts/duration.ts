/** Milliseconds of each unit of a Go duration (`time.ParseDuration`). */
const UNITS: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["μs", 1e-3],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/**
 * Reads a Go duration such as `200ms`, `1m30s` or `1.5h`, as the original's settings are written.
 * Signs are not taken: every duration here is a length of time.
 *
 * @returns milliseconds, or undefined when the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)([^\d.]+)/g)) {
    milliseconds += Number(number) * (UNITS.get(unit ?? "") ?? NaN);
  }
  return Number.isFinite(milliseconds) ? milliseconds : undefined;
}
