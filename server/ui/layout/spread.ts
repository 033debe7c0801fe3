/** Where an item of a column would like to be. */
export interface Wish {
  readonly at: number;
  /** How much it weighs against its neighbours' wishes. */
  readonly weight: number;
}

/**
 * Places as close to the wishes as their order and distances allow (least squares, by pooling
 * adjacent violators; Robertson et al. 1988). O(n). Places are even numbers where distances are.
 *
 * @param distances between each item and the one above it; the first one's does not count
 */
export function spread(wishes: readonly Wish[], distances: readonly number[]): number[] {
  const offsets: number[] = [];
  const pools: { sum: number; weight: number; size: number }[] = [];
  let offset = 0;
  for (const [at, wish] of wishes.entries()) {
    if (at > 0) offset += distances[at] ?? 0;
    offsets.push(offset);
    let pool = { sum: (wish.at - offset) * wish.weight, weight: wish.weight, size: 1 };
    for (let last = pools.at(-1); last !== undefined; last = pools.at(-1)) {
      if (last.sum / last.weight < pool.sum / pool.weight) break;
      pools.pop();
      pool = {
        sum: last.sum + pool.sum,
        weight: last.weight + pool.weight,
        size: last.size + pool.size,
      };
    }
    pools.push(pool);
  }
  const places: number[] = [];
  for (const { sum, weight, size } of pools) {
    const base = Math.round(sum / weight / 2) * 2;
    for (let n = 0; n < size; n++) places.push(base + (offsets[places.length] ?? 0));
  }
  return places;
}
