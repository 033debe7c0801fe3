/**
 * When a flow may be written again. Under load a reader gets at most one write a tick; a flow that
 * was idle is written at once.
 */
const TICK_MS = 10;

/** Writes a second that one core can make beside other work: a write costs 12 to 20 µs of it. */
const WRITES_PER_SECOND = 40_000;

/** Spaces the write rounds of all flows of a process. Holds no clock: times are passed in, in ms. */
export class Pacer {
  #freeAt = 0;

  /**
   * @param lastRound when the flow was last written, or undefined
   * @returns when its next round may run; not after `now` means now
   */
  due(lastRound: number | undefined): number {
    return Math.max(this.#freeAt, lastRound === undefined ? 0 : lastRound + TICK_MS);
  }

  /** Accounts for a round that made `writes` writes: they fill the core until they are paid for. */
  wrote(writes: number, now: number): void {
    this.#freeAt = Math.max(this.#freeAt, now) + writes * 1000 / WRITES_PER_SECOND;
  }
}
