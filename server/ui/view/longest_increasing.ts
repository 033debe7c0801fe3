/**
 * The positions of a longest strictly increasing subsequence (patience sorting, O(n log n)). Given
 * the old places of items in their new order, these are the ones that need not move.
 */
export function longestIncreasing(values: readonly number[]): number[] {
  const tails: number[] = [];
  const before: number[] = [];
  for (const [at, value] of values.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before[at] = low > 0 ? tails[low - 1] ?? -1 : -1;
    tails[low] = at;
  }
  const result: number[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) result.push(at);
  return result.reverse();
}
