import type { Clock } from "../contracts/clock.ts";

/**
 * Calls `onSilence` when nobody has called {@linkcode Watchdog.touch} for `limit` milliseconds. A
 * touch costs one look at the clock, no timer.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #onSilence: () => void;
  #touchedAt: number;
  #cancel: () => void;

  constructor(clock: Clock, limit: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#onSilence = onSilence;
    this.#touchedAt = clock.now();
    this.#cancel = clock.after(limit, () => this.#look());
  }

  /** When it was last touched, in Unix milliseconds. */
  get touchedAt(): number {
    return this.#touchedAt;
  }

  touch(): void {
    this.#touchedAt = this.#clock.now();
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const now = this.#clock.now();
    // A clock that was set back would otherwise let the silence last for as long as it was set back.
    if (now < this.#touchedAt) this.#touchedAt = now;
    const left = this.#touchedAt + this.#limit - now;
    if (left <= 0) return this.#onSilence();
    this.#cancel = this.#clock.after(left, () => this.#look());
  }
}
