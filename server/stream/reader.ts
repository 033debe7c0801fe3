/** Whoever gets the messages of one flow. */
export interface Reader {
  /** Whether messages wait that the reader would take. */
  readonly waiting: boolean;
  /**
   * Writes what the reader misses, unless it has not taken the last write yet: at most one write of
   * messages a call.
   *
   * @returns whether anything was written
   */
  pump(now: number): boolean;
  /** The flow is gone. */
  deleted(now: number): void;
}
