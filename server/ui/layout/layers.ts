/** An edge between two nodes, by their indexes. */
export type Link = readonly [from: number, to: number];

export interface Layers {
  /** Of each node, from 0. */
  readonly layers: Int32Array;
  /** Indexes of the links that run against the layers: without them there is no cycle. */
  readonly back: ReadonlySet<number>;
}

/**
 * Puts each node one layer behind the last of those that lead to it (longest path). Cycles are cut at
 * the link that closes them in a depth-first walk from the sources, so the result hangs on the order
 * of nodes and links alone. O(nodes + links).
 */
export function layersOf(count: number, links: readonly Link[]): Layers {
  const out: number[][] = Array.from({ length: count }, () => []);
  const incoming = new Int32Array(count);
  for (const [at, [from, to]] of links.entries()) {
    out[from]?.push(at);
    incoming[to] = (incoming[to] ?? 0) + 1;
  }
  const back = closingLinks(links, out, incoming);
  const layers = new Int32Array(count);
  const waiting = new Int32Array(count);
  for (const [at, [, to]] of links.entries()) {
    if (!back.has(at)) waiting[to] = (waiting[to] ?? 0) + 1;
  }
  const ready: number[] = [];
  for (let node = 0; node < count; node++) if (waiting[node] === 0) ready.push(node);
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    const behind = (layers[next] ?? 0) + 1;
    for (const at of out[next] ?? []) {
      const to = links[at]?.[1] ?? 0;
      if (back.has(at)) continue;
      layers[to] = Math.max(layers[to] ?? 0, behind);
      const left = (waiting[to] ?? 0) - 1;
      waiting[to] = left;
      if (left === 0) ready.push(to);
    }
  }
  return { layers, back };
}

/** Walks with a stack of its own: a chain of ten thousand nodes would exhaust the engine's. */
function closingLinks(
  links: readonly Link[],
  out: readonly (readonly number[])[],
  incoming: Int32Array,
): ReadonlySet<number> {
  const UNSEEN = 0, OPEN = 1, DONE = 2;
  const marks = new Uint8Array(out.length);
  const back = new Set<number>();
  const walk = (start: number) => {
    if (marks[start] !== UNSEEN) return;
    const path = [start];
    const places = [0];
    marks[start] = OPEN;
    while (path.length > 0) {
      const depth = path.length - 1;
      const node = path[depth] ?? 0;
      const place = places[depth] ?? 0;
      const at = out[node]?.[place];
      if (at === undefined) {
        marks[node] = DONE;
        path.pop();
        places.pop();
        continue;
      }
      places[depth] = place + 1;
      const to = links[at]?.[1] ?? 0;
      if (marks[to] === OPEN) back.add(at);
      else if (marks[to] === UNSEEN) {
        marks[to] = OPEN;
        path.push(to);
        places.push(0);
      }
    }
  };
  for (let node = 0; node < out.length; node++) if (incoming[node] === 0) walk(node);
  for (let node = 0; node < out.length; node++) walk(node);
  return back;
}
