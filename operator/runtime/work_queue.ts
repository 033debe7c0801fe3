import { DueTimes } from "./due_times.ts";

/** The delays of a key that fails again and again, in milliseconds. */
export interface RetryTiming {
  /** Before the first retry. */
  readonly baseMs: number;
  /** Longest delay. */
  readonly maxMs: number;
}

/**
 * client-go's base of 5 ms is made for conflicts, which here have their own delay; its cap of 16
 * minutes leaves a user who has repaired something waiting.
 */
export const DEFAULT_RETRY_TIMING: RetryTiming = { baseMs: 100, maxMs: 300_000 };

/**
 * Which keys have work, and when: the queue of a controller. Keys that are added twice are worked
 * on once; a key is never worked on twice at the same time; one that is added while it is worked on
 * is worked on again. Takes the time as a value and waits for nothing.
 *
 * A run answers for all that was known when it began, so it takes along what the key was waiting
 * for; what is asked during a run counts after it.
 */
export class WorkQueue {
  readonly #timing: RetryTiming;
  readonly #random: () => number;
  /** Due keys, in the order in which they became due. */
  readonly #ready = new Set<string>();
  readonly #waiting = new DueTimes();
  readonly #running = new Set<string>();
  /** Keys that are running and have work again. */
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();

  /** @param options.random gives numbers in [0, 1) */
  constructor(options: { timing?: Partial<RetryTiming>; random?: () => number } = {}) {
    this.#timing = { ...DEFAULT_RETRY_TIMING, ...options.timing };
    this.#random = options.random ?? Math.random;
  }

  /** Keys that are due, or run and will have to again; those that wait for a time do not count. */
  get depth(): number {
    return this.#ready.size + this.#dirty.size;
  }

  /** Keys that are worked on at this moment. */
  get running(): number {
    return this.#running.size;
  }

  /** There is work for a key now. */
  add(key: string): void {
    if (this.#running.has(key)) this.#dirty.add(key);
    else {
      this.#waiting.remove(key);
      this.#ready.add(key);
    }
  }

  /** There will be work for a key at a time; of several times the earliest counts. */
  addAt(key: string, at: number): void {
    if (this.#ready.has(key) || this.#dirty.has(key)) return;
    this.#waiting.add(key, at);
  }

  /**
   * The work on a key has failed: it comes again after a delay that doubles with each failure, half
   * of it random, so that what fails together does not come back together.
   *
   * @param atLeastMs a longer delay that somebody asked for, such as an API server
   * @returns the delay in milliseconds
   */
  retry(key: string, now: number, atLeastMs = 0): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { baseMs, maxMs } = this.#timing;
    // From 2^31 on the cap has long been reached, whatever the base.
    const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 31));
    const delay = Math.max(atLeastMs, full * (1 + this.#random()) / 2);
    this.addAt(key, now + delay);
    return delay;
  }

  /** Forgets the failures of a key: the next one counts as the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often a key has failed since it was forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Takes a key that is due. Nobody else gets it until {@linkcode done}. */
  take(now: number): string | undefined {
    for (let key = this.#waiting.takeDue(now); key !== undefined;) {
      this.add(key);
      key = this.#waiting.takeDue(now);
    }
    const [key] = this.#ready;
    if (key === undefined) return undefined;
    this.#ready.delete(key);
    this.#running.add(key);
    return key;
  }

  /** Ends the work on a key. */
  done(key: string): void {
    this.#running.delete(key);
    if (this.#dirty.delete(key)) this.add(key);
  }

  /** When something is due: now or before when a key could be taken, undefined when nothing waits. */
  nextAt(now: number): number | undefined {
    return this.#ready.size > 0 ? now : this.#waiting.earliest;
  }
}
