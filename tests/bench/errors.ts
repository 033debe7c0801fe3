/** Why the bench, or a part of it, cannot be run. */
export type BenchErrorCode =
  /** A call that makes no sense. */
  | "usage"
  /** A server of the bench cannot be had on this machine. */
  | "unavailable"
  /** A server did not start, or died. */
  | "server"
  /** The load client gave up. */
  | "load";

/** An error that the bench reports to its user. */
export class BenchError extends Error {
  override readonly name = "BenchError";

  constructor(readonly code: BenchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
