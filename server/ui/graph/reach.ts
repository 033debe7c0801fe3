import type { FlowGraph } from "./flow_graph.ts";

/** Who comes directly before and behind each node. */
export interface Neighbours {
  readonly before: ReadonlyMap<string, readonly string[]>;
  readonly behind: ReadonlyMap<string, readonly string[]>;
}

export function neighboursOf({ edges }: FlowGraph): Neighbours {
  const before = new Map<string, string[]>();
  const behind = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, other: string) => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [other]);
    else if (!list.includes(other)) list.push(other);
  };
  for (const { from, to } of edges) {
    add(behind, from, to);
    add(before, to, from);
  }
  return { before, behind };
}

/** The failed nodes and every waiting one that a chain of waiting ones leads to from them. */
export function culprits({ nodes }: FlowGraph, { behind }: Neighbours): ReadonlySet<string> {
  const found = new Set<string>();
  const open: string[] = [];
  for (const { key, row } of nodes.values()) if (row.phase === "failed") open.push(key);
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    for (const next of behind.get(key) ?? []) {
      if (nodes.get(next)?.row.phase === "pending") open.push(next);
    }
  }
  // What the emitter says it waits for may have no edge of its own.
  for (const { key, row } of nodes.values()) {
    if (row.waitsFor.some((blocker) => blocker.phase === "failed")) found.add(key);
  }
  return found;
}

/**
 * The chain that took, or is taking, the longest: a rollout ends no sooner than it does. Cycles are
 * walked once.
 *
 * @param weight of a node, in milliseconds
 */
export function criticalPath(
  { nodes }: FlowGraph,
  { before }: Neighbours,
  weight: (key: string) => number,
): readonly string[] {
  const best = new Map<string, { length: number; from: string | undefined }>();
  const order: string[] = [];
  const seen = new Set<string>();
  for (const start of [...nodes.keys()].sort()) {
    const stack: [string, number][] = [[start, 0]];
    while (stack.length > 0) {
      const top = stack.at(-1);
      if (top === undefined) break;
      const [key, at] = top;
      if (at === 0 && seen.has(key)) {
        stack.pop();
        continue;
      }
      seen.add(key);
      const next = before.get(key)?.[at];
      if (next === undefined) {
        order.push(key);
        stack.pop();
      } else {
        top[1]++;
        if (!seen.has(next)) stack.push([next, 0]);
      }
    }
  }
  let end: string | undefined;
  for (const key of order) {
    let from: string | undefined;
    for (const other of before.get(key) ?? []) {
      const length = best.get(other)?.length;
      if (length !== undefined && length > (best.get(from ?? "")?.length ?? -1)) from = other;
    }
    const length = (best.get(from ?? "")?.length ?? 0) + Math.max(0, weight(key));
    best.set(key, { length, from });
    if (length > (best.get(end ?? "")?.length ?? -1)) end = key;
  }
  const path: string[] = [];
  for (let key = end; key !== undefined; key = best.get(key)?.from) path.unshift(key);
  return path;
}
