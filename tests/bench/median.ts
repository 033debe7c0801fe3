/** The element in the middle when all are sorted by `key`; the lower one of two. */
export function medianBy<T>(items: readonly [T, ...T[]], key: (item: T) => number): T {
  const sorted = items.toSorted((a, b) => key(a) - key(b));
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? items[0];
}
