/** What must be installed before what: the one model that the audit compares and checks. */

/** A slot or blueprint, and what it waits for. */
export interface Waiting {
  readonly dependsOn: readonly string[];
  /** Number of its bootstrap slot, when it has one. */
  readonly slot?: number;
  /** It belongs to a kit around ours: named, so that ours may wait for it, but not found here. */
  readonly external?: boolean;
}

/** By name. */
export type Dependencies = ReadonlyMap<string, Waiting>;

/** Each difference between what is expected and what is found, as a sentence; sorted. */
export function drift(expected: Dependencies, found: Dependencies): string[] {
  const problems: string[] = [];
  for (const [name, { external, slot, dependsOn }] of expected) {
    if (external) continue;
    const actual = found.get(name);
    if (actual === undefined) {
      problems.push(`${name} is expected, but there is no manifest of it`);
      continue;
    }
    if (slot !== actual.slot) {
      problems.push(`${name} is in slot ${actual.slot ?? "none"}, expected ${slot ?? "none"}`);
    }
    for (const missing of without(dependsOn, actual.dependsOn)) {
      problems.push(`${name} is expected to wait for ${missing}, but does not`);
    }
    for (const extra of without(actual.dependsOn, dependsOn)) {
      problems.push(`${name} waits for ${extra}, which is not expected`);
    }
  }
  for (const [name, { dependsOn }] of found) {
    if (!expected.has(name)) problems.push(`${name} has a manifest, but is not expected`);
    for (const dependency of dependsOn) {
      if (!expected.has(dependency)) problems.push(`${name} waits for unknown ${dependency}`);
    }
  }
  return problems.sort();
}

/** Cycles, at least one of each knot of them: the names along it, from its first by the alphabet. */
export function cycles(dependencies: Dependencies): string[][] {
  const found = new Map<string, string[]>();
  const done = new Set<string>();
  const path: string[] = [];

  function visit(name: string): void {
    const at = path.indexOf(name);
    if (at >= 0) {
      const cycle = fromFirst(path.slice(at));
      found.set(cycle.join(" "), cycle);
      return;
    }
    if (done.has(name)) return;
    path.push(name);
    for (const next of dependencies.get(name)?.dependsOn ?? []) visit(next);
    path.pop();
    done.add(name);
  }

  for (const name of [...dependencies.keys()].sort()) visit(name);
  return [...found.keys()].sort().map((key) => found.get(key)!);
}

/** Both together: where they differ, what either says can close a cycle. */
export function merged(a: Dependencies, b: Dependencies): Dependencies {
  const names = new Set([...a.keys(), ...b.keys()]);
  return new Map([...names].map((name) => {
    const dependsOn = [...(a.get(name)?.dependsOn ?? []), ...(b.get(name)?.dependsOn ?? [])];
    return [name, { dependsOn: [...new Set(dependsOn)] }];
  }));
}

function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}

function fromFirst(cycle: readonly string[]): string[] {
  const first = cycle.indexOf([...cycle].sort()[0]!);
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}
