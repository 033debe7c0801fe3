/** Samples of a Prometheus text exposition by their series, such as `headrace_streams`. */
export type Samples = ReadonlyMap<string, number>;

/**
 * Reads the Prometheus text format (version 0.0.4). Series keep their labels as they are written:
 * `headrace_slow_readers_cut_off_total{why="stuck"}`.
 *
 * @throws {TypeError} for a line that is no sample
 */
export function parseMetrics(text: string): Samples {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)$/.exec(line);
    const value = match?.[2] === "+Inf" ? Infinity : Number(match?.[2]);
    if (match === null || Number.isNaN(value)) throw new TypeError(`no sample: ${line}`);
    samples.set(match[1]!, value);
  }
  return samples;
}

/** The sum of all series of a name, whatever their labels. 0 when there is none. */
export function sumOf(samples: Samples, name: string): number {
  let sum = 0;
  for (const [series, value] of samples) {
    if (series === name || series.startsWith(`${name}{`)) sum += value;
  }
  return sum;
}
