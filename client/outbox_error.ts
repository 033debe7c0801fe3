/**
 * What went wrong between an outbox and its router.
 * - `network`: no connection, or it was cut
 * - `timeout`: no answer in time
 * - `status`: an HTTP status that is no success
 * - `protocol`: an answer that is none of a flow router
 * - `token`: the caller's `token` function failed; see `cause`
 */
export type OutboxErrorCode = "network" | "timeout" | "status" | "protocol" | "token";

/** A request to the router that came to nothing. The message is safe to show. */
export class OutboxError extends Error {
  override readonly name = "OutboxError";
  readonly code: OutboxErrorCode;
  /** The HTTP status when `code` is `status`. */
  readonly status: number | undefined;
  /** How long the router asks to be left alone, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(
    code: OutboxErrorCode,
    message: string,
    options: { cause?: unknown; status?: number; retryAfter?: number | undefined } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = options.status;
    this.retryAfter = options.retryAfter;
  }

  /** The router has understood and refuses: trying again soon cannot help. */
  get isRefusal(): boolean {
    const { status } = this;
    // 408 and 429 ask for another try (RFC 9110 §15.5.9, RFC 6585 §4).
    return status !== undefined && status >= 300 && status < 500 && status !== 408 &&
      status !== 429;
  }

  /** The router knows us not, or not well enough: somebody has to give us another token. */
  get isDenied(): boolean {
    return this.status === 401 || this.status === 403;
  }

  /** The request changed nothing. Without an answer, or after a 5xx, it may have. */
  get changedNothing(): boolean {
    return this.code === "token" || (this.status !== undefined && this.status < 500);
  }
}
