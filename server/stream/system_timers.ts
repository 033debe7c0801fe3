import type { Timers } from "./timers.ts";

/** The process's own clock and timers. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, callback) {
    // A timer of 0 waits for the next millisecond; an immediate runs once pending I/O is handled.
    if (ms <= 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
