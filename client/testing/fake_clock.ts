import type { Clock } from "../../contracts/clock.ts";

/** A clock that stands still until a test turns it. */
export class FakeClock implements Clock {
  #now: number;
  #timers = new Set<{ due: number; callback: () => void }>();

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { due: this.#now + delay, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** When the next timer is due, in milliseconds from now. */
  get nextTimer(): number | undefined {
    const due = [...this.#timers].map((timer) => timer.due);
    return due.length === 0 ? undefined : Math.min(...due) - this.#now;
  }

  /** Moves on by `milliseconds` and runs what has become due, earliest first. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = [...this.#timers].filter(({ due }) => due <= end)
        .reduce<{ due: number; callback: () => void } | undefined>(
          (first, timer) => first === undefined || timer.due < first.due ? timer : first,
          undefined,
        );
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }

  /** Moves on without running any timer, as a machine that sleeps does. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
