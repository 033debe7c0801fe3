/**
 * What our engrams write into the metadata of each packet: who sent it, the how-manieth it is, and
 * when. Counting and timing an edge takes nothing else.
 */
export interface Stamp {
  /** Step that sent it. */
  readonly from: string;
  /** From 0, dense. */
  readonly n: number;
  /** Unix time in milliseconds, with its fraction. */
  readonly at: number;
}

const KEYS = { from: "headrace.from", n: "headrace.n", at: "headrace.at" } as const;

export function writeStamp({ from, n, at }: Stamp): Record<string, string> {
  return { [KEYS.from]: from, [KEYS.n]: String(n), [KEYS.at]: at.toFixed(3) };
}

/** Undefined when the packet came from somebody else. */
export function readStamp(metadata: Readonly<Record<string, string>>): Stamp | undefined {
  const from = metadata[KEYS.from];
  const n = Number(metadata[KEYS.n]);
  const at = Number(metadata[KEYS.at]);
  if (from === undefined || !Number.isSafeInteger(n) || n < 0 || !Number.isFinite(at)) {
    return undefined;
  }
  return { from, n, at };
}
