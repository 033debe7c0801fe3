import type { Timers } from "../stream/timers.ts";

/** Timers whose time passes only when it is told to. */
export class VirtualTimers implements Timers {
  #now = 0;
  readonly #pending: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.#now + Math.max(0, ms), callback };
    this.#pending.push(entry);
    return () => {
      const at = this.#pending.indexOf(entry);
      if (at >= 0) this.#pending.splice(at, 1);
    };
  }

  /** Lets `ms` milliseconds pass and calls back whatever becomes due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (true) {
      const due = this.#pending.reduce<number>(
        (first, { at }, i) => at <= end && at < (this.#pending[first]?.at ?? Infinity) ? i : first,
        -1,
      );
      if (due < 0) break;
      const [{ at, callback }] = this.#pending.splice(due, 1) as [{ at: number; callback(): void }];
      this.#now = Math.max(this.#now, at);
      callback();
    }
    this.#now = end;
  }
}
