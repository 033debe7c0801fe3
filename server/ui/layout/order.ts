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
/** Nor do more of them once so many in a row have not helped. */
const PATIENCE = 4;

/**
 * Orders the columns so that few links cross: each item moves to the barycentre of its neighbours in
 * the column before, then in the one behind, and so on; the best order that was met is kept. Items
 * without neighbours stay where they are, and equal ones keep their order.
 */
export function untangle(graph: Columns): number[][] {
  const order = graph.columns.map((column) => [...column]);
  const places = new Int32Array(graph.behind.length);
  for (const column of order) note(column, places);
  const wishes = new Float64Array(places.length);
  const tree = new Int32Array(order.reduce((most, column) => Math.max(most, column.length), 0) + 1);
  let best = order.map((column) => [...column]);
  let fewest = crossingsOf(order, graph.behind, places, tree);
  let helped = 0;
  for (let sweep = 0; sweep < SWEEPS && fewest > 0 && sweep - helped < PATIENCE; sweep++) {
    const forward = sweep % 2 === 0;
    const near = forward ? graph.before : graph.behind;
    for (let step = 1; step < order.length; step++) {
      const column = order[forward ? step : order.length - 1 - step] ?? [];
      for (const item of column) wishes[item] = barycentre(near[item] ?? [], places, item);
      column.sort((a, b) => (wishes[a] ?? 0) - (wishes[b] ?? 0));
      note(column, places);
    }
    const count = crossingsOf(order, graph.behind, places, tree);
    if (count >= fewest) continue;
    fewest = count;
    helped = sweep + 1;
    best = order.map((column) => [...column]);
  }
  return best;
}

/** The mean place of an item's neighbours; its own without any. */
function barycentre(near: readonly number[], places: Int32Array, item: number): number {
  if (near.length === 0) return places[item] ?? 0;
  let sum = 0;
  for (let at = 0; at < near.length; at++) sum += places[near[at] ?? 0] ?? 0;
  return sum / near.length;
}

function note(column: readonly number[], places: Int32Array): void {
  for (let at = 0; at < column.length; at++) places[column[at] ?? 0] = at;
}

/** Pairs of links that cross. */
export function crossings(
  order: readonly (readonly number[])[],
  behind: readonly (readonly number[])[],
): number {
  const places = new Int32Array(behind.length);
  for (const column of order) note(column, places);
  const most = order.reduce((size, column) => Math.max(size, column.length), 0);
  return crossingsOf(order, behind, places, new Int32Array(most + 1));
}

/** Counts with a Fenwick tree: O(links × log items). Plain loops: this is half of a layout's time. */
function crossingsOf(
  order: readonly (readonly number[])[],
  behind: readonly (readonly number[])[],
  places: Int32Array,
  tree: Int32Array,
): number {
  let total = 0;
  for (let at = 0; at + 1 < order.length; at++) {
    const column = order[at] ?? [];
    const size = order[at + 1]?.length ?? 0;
    tree.fill(0, 0, size + 1);
    let seen = 0;
    for (let place = 0; place < column.length; place++) {
      const targets = behind[column[place] ?? 0] ?? [];
      for (let link = 0; link < targets.length; link++) {
        let notBelow = 0;
        const to = (places[targets[link] ?? 0] ?? 0) + 1;
        for (let i = to; i > 0; i -= i & -i) notBelow += tree[i] ?? 0;
        total += seen - notBelow;
      }
      for (let link = 0; link < targets.length; link++) {
        const to = (places[targets[link] ?? 0] ?? 0) + 1;
        for (let i = to; i <= size; i += i & -i) tree[i] = (tree[i] ?? 0) + 1;
      }
      seen += targets.length;
    }
  }
  return total;
}
