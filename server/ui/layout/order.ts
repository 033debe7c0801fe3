/** A layered graph by columns; `links` join items of neighbouring columns only. */
export interface Columns {
  /** The items of each column, from top to bottom. */
  readonly columns: readonly (readonly number[])[];
  /** The neighbours of each item in the column before. */
  readonly before: readonly (readonly number[])[];
  /** The neighbours of each item in the column behind. */
  readonly behind: readonly (readonly number[])[];
}

/** More sweeps hardly untangle anything more (Gansner et al. 1993 §3 stop at 24, with transposing). */
const SWEEPS = 12;

/**
 * Orders the columns so that few links cross: each item moves to the barycentre of its neighbours in
 * the column before, then in the one behind, and so on; the best order that was met is kept. Items
 * without neighbours stay where they are, and equal ones keep their order.
 */
export function untangle(graph: Columns): number[][] {
  let order = graph.columns.map((column) => [...column]);
  let best = order;
  let fewest = crossings(order, graph.behind);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    order = swept(order, sweep % 2 === 0 ? graph.before : graph.behind, sweep % 2 === 0);
    const count = crossings(order, graph.behind);
    if (count < fewest) [best, fewest] = [order, count];
  }
  return best;
}

function swept(
  order: readonly number[][],
  neighbours: readonly (readonly number[])[],
  forward: boolean,
): number[][] {
  const places = placesOf(order);
  const next = order.map((column) => [...column]);
  for (let step = 1; step < next.length; step++) {
    const column = next[forward ? step : next.length - 1 - step] ?? [];
    const wish = new Map(column.map((item, at) => {
      const near = neighbours[item] ?? [];
      if (near.length === 0) return [item, at];
      return [item, near.reduce((sum, other) => sum + (places[other] ?? 0), 0) / near.length];
    }));
    column.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
    for (const [at, item] of column.entries()) places[item] = at;
  }
  return next;
}

/** Pairs of links that cross, counted with a Fenwick tree: O(links × log items). */
export function crossings(
  order: readonly (readonly number[])[],
  behind: readonly (readonly number[])[],
): number {
  const places = placesOf(order);
  let total = 0;
  for (const [at, column] of order.entries()) {
    const size = order[at + 1]?.length ?? 0;
    const tree = new Int32Array(size + 1);
    let seen = 0;
    for (const item of column) {
      const targets = (behind[item] ?? []).map((to) => places[to] ?? 0);
      for (const to of targets) {
        let notAbove = 0;
        for (let i = to + 1; i > 0; i -= i & -i) notAbove += tree[i] ?? 0;
        total += seen - notAbove;
      }
      for (const to of targets) {
        seen++;
        for (let i = to + 1; i <= size; i += i & -i) tree[i] = (tree[i] ?? 0) + 1;
      }
    }
  }
  return total;
}

function placesOf(order: readonly (readonly number[])[]): number[] {
  const places: number[] = [];
  for (const column of order) for (const [at, item] of column.entries()) places[item] = at;
  return places;
}
