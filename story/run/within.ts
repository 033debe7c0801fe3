/**
 * Waits for something to come up.
 *
 * @param missing what is not there yet, for people
 * @throws {Error} naming it when the time is over, or the signal's reason
 */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  promise: Promise<T>,
  missing: () => string,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`not up after ${milliseconds / 1_000} s: ${missing()}`)),
    milliseconds,
  );
  const stopped = () => late.reject(signal.reason);
  signal.addEventListener("abort", stopped);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stopped);
  }
}
