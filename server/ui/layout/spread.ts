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
  // Pools as a stack of columns: plain numbers, for this runs a dozen times for each item of a map.
  const sums = new Float64Array(wishes.length);
  const weights = new Float64Array(wishes.length);
  const sizes = new Int32Array(wishes.length);
  let pools = 0;
  let offset = 0;
  for (let at = 0; at < wishes.length; at++) {
    const { at: wish = 0, weight = 1 } = wishes[at] ?? {};
    if (at > 0) offset += distances[at] ?? 0;
    let sum = (wish - offset) * weight, whole = weight, size = 1;
    while (pools > 0) {
      const above = sums[pools - 1] ?? 0, aboveWeight = weights[pools - 1] ?? 1;
      if (above / aboveWeight < sum / whole) break;
      pools--;
      sum += above;
      whole += aboveWeight;
      size += sizes[pools] ?? 0;
    }
    sums[pools] = sum;
    weights[pools] = whole;
    sizes[pools] = size;
    pools++;
  }
  const places: number[] = [];
  offset = 0;
  for (let pool = 0; pool < pools; pool++) {
    const base = Math.round((sums[pool] ?? 0) / (weights[pool] ?? 1) / 2) * 2;
    for (let n = sizes[pool] ?? 0; n > 0; n--) {
      if (places.length > 0) offset += distances[places.length] ?? 0;
      places.push(base + offset);
    }
  }
  return places;
}
