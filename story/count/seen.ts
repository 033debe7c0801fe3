/** Numbers that are remembered: more than any buffer sends again. */
const WINDOW = 1 << 17;

/**
 * Tells numbers that come for the first time from those that come again, in bounded memory: a number
 * so far behind the highest that it left the window counts as one that came before.
 */
export class Seen {
  readonly #bits = new Uint32Array(WINDOW / 32);
  #highest = -1;

  /** @param n 0 or more @returns whether it is new */
  add(n: number): boolean {
    if (n <= this.#highest - WINDOW) return false;
    if (n > this.#highest) {
      // Slots that the window moves onto hold marks of numbers that have left it.
      const from = Math.max(this.#highest + 1, n - WINDOW + 1);
      for (let passed = from; passed <= n; passed++) this.#mark(passed, false);
      this.#highest = n;
    } else if (this.#has(n)) return false;
    this.#mark(n, true);
    return true;
  }

  #has(n: number): boolean {
    const slot = n % WINDOW;
    return ((this.#bits[slot >>> 5] ?? 0) & 1 << (slot & 31)) !== 0;
  }

  #mark(n: number, on: boolean): void {
    const slot = n % WINDOW;
    const word = this.#bits[slot >>> 5] ?? 0;
    this.#bits[slot >>> 5] = on ? word | 1 << (slot & 31) : word & ~(1 << (slot & 31));
  }
}
