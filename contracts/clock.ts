/**
 * Time as the program sees it. Passed in everywhere, so that a test can run an hour of back-off in
 * a few milliseconds.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; since any moment for {@linkcode steadyClock}. */
  now(): number;
  /** Calls back once after `ms` milliseconds, unless the returned function is called first. */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock for spans of time: nobody can set it back, and it shows no time of day. */
export const steadyClock: Clock = { ...systemClock, now: () => performance.now() };

/** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    signal.addEventListener("abort", wake);
  });
}
