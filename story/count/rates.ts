/** Rates are those of so many milliseconds: shorter ones jump, longer ones lag. */
const WINDOW_MS = 3_000;

/** Rates of counters that only grow, over the last three seconds. */
export class Rates {
  readonly #samples: { readonly at: number; readonly counts: ReadonlyMap<string, number> }[] = [];

  /** @param at milliseconds */
  note(at: number, counts: ReadonlyMap<string, number>): void {
    this.#samples.push({ at, counts: new Map(counts) });
    // One that is older than the window stays: it is where the window begins.
    while ((this.#samples[1]?.at ?? Infinity) <= at - WINDOW_MS) this.#samples.shift();
  }

  /** How fast a counter grows, a second; 0 before it was noted twice. */
  of(name: string): number {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    const grown = (last.counts.get(name) ?? 0) - (first.counts.get(name) ?? 0);
    return Math.max(0, grown * 1_000 / (last.at - first.at));
  }
}
