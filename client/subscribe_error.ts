/**
 * What went wrong with a stream.
 * - `network`: no connection, or it was cut
 * - `timeout`: no byte for 2.5 heartbeats
 * - `status`: an HTTP status other than 200
 * - `protocol`: an answer that is not our stream, or events in an order that it forbids
 * - `malformed`: an event whose data or id cannot be read
 * - `gap`: a message that does not follow the one before it
 * - `token`: the caller's `token` function failed; see `cause`
 * - `callback`: the caller's own function threw; see `cause`
 */
export type SubscribeErrorCode =
  | "network"
  | "timeout"
  | "status"
  | "protocol"
  | "malformed"
  | "gap"
  | "token"
  | "callback";

/** A failed or broken-off attempt to follow a flow. The message is safe to show. */
export class SubscribeError extends Error {
  override readonly name = "SubscribeError";
  readonly code: SubscribeErrorCode;
  /** The HTTP status when `code` is `status`. */
  readonly status: number | undefined;
  /** How long the router asks to be left alone, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(
    code: SubscribeErrorCode,
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
    return status !== undefined && status >= 400 && status < 500 && !PASSING.has(status);
  }
}

// 404: a route that is not up yet behind a gateway; 408 and 429 ask for another try (RFC 9110
// §15.5.9, RFC 6585 §4).
const PASSING: ReadonlySet<number> = new Set([404, 408, 429]);
