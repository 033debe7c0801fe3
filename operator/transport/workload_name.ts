/** Longest name of a Service, and so of a workload. */
const MAX_LENGTH = 63;
const PREFIX_LENGTH = 54;

/**
 * The name of a run's own Engram for a step, as the original composes it: joined as it stands, and
 * when too long, cut with an FNV-1a hash over the parts, each followed by a NUL.
 */
export function workloadName(...parts: readonly string[]): string {
  const name = parts.join("-");
  if (name.length <= MAX_LENGTH) return name;
  return `${name.slice(0, PREFIX_LENGTH)}-${fnv32a(parts).toString(16).padStart(8, "0")}`;
}

/** Whether a name may be that of an Engram of a run, for whatever step. */
export function mayBeWorkloadOf(name: string, runName: string): boolean {
  return name.startsWith(`${runName}-`) ||
    // Cut in the middle of the run's own name.
    (name.length === MAX_LENGTH && runName.startsWith(name.slice(0, PREFIX_LENGTH)));
}

function fnv32a(parts: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(parts.map((part) => `${part}\0`).join(""))) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
