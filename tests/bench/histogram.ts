/** What the load client counted: pairs of the largest value of a bucket in µs and the count. */
export type Buckets = readonly (readonly [micros: number, count: number])[];

/** Latencies in milliseconds; none of them when nothing was counted. */
export interface Latency {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** How many values were counted. */
export function countOf(buckets: Buckets): number {
  return buckets.reduce((sum, [, count]) => sum + count, 0);
}

/**
 * The smallest value that at least this share of all values does not exceed, in milliseconds, at
 * most one bucket too large.
 *
 * @param share in (0, 1]
 * @returns null when nothing was counted
 */
export function percentile(buckets: Buckets, share: number): number | null {
  const rank = Math.ceil(countOf(buckets) * share);
  let counted = 0;
  for (const [micros, count] of merge([buckets])) {
    counted += count;
    if (counted >= rank) return micros / 1000;
  }
  return null;
}

/** The percentiles that the tables show. */
export function latencyOf(buckets: Buckets): Latency {
  const at = (share: number) => percentile(buckets, share);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** One histogram of several, in ascending order. */
export function merge(all: readonly Buckets[]): Buckets {
  const sum = new Map<number, number>();
  for (const [micros, count] of all.flat()) sum.set(micros, (sum.get(micros) ?? 0) + count);
  return [...sum].sort(([a], [b]) => a - b);
}
