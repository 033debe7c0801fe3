/**
 * Numbers that look random and are the same for the same seed: Marsaglia's xorshift with 32 bits
 * ("Xorshift RNGs", 2003, triple 13, 17, 5). For tests only.
 */
export class Random {
  #state: number;

  /** @param seeds whole numbers; each combination gives a run of its own */
  constructor(...seeds: readonly number[]) {
    // Two near seeds must not give near runs, and xorshift never leaves 0.
    let state = 0x9e3779b9;
    for (const seed of seeds) {
      state = Math.imul(state ^ seed, 0x85ebca6b);
      state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
      state ^= state >>> 16;
    }
    this.#state = state || 1;
  }

  /** 0 to 2³² - 1. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.next() / 2 ** 32 * limit);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() / 2 ** 32 < probability;
  }

  /**
   * One of the items.
   *
   * @throws {RangeError} when there is none
   */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("nothing to pick from");
    return items[this.below(items.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
