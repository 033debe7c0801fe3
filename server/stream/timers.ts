/** Clock and timers, so that tests need not wait. Times in milliseconds. */
export interface Timers {
  /** Monotonic. */
  now(): number;
  /** Calls back once, not before `ms` from now and never at once; the result cancels it. */
  after(ms: number, callback: () => void): () => void;
}
