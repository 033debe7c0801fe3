/** The stable names by which callers tell one failure from another. */
export type KubeErrorCode =
  | "invalid-config"
  | "unsupported-config"
  | "credentials"
  | "unreachable"
  | "timeout"
  | "bad-response"
  | "invalid-request"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "crd-missing"
  | "conflict"
  | "gone"
  | "too-many-requests"
  | "server-error"
  | "handler-failed";

/** What a {@linkcode KubeError} knows beside its code and message. */
export interface KubeErrorOptions {
  /** HTTP status of the answer, or the `code` of a `Status` document inside a watch stream. */
  readonly status?: number;
  /** The machine-readable `reason` of a Kubernetes `Status`, such as `Expired` or `Forbidden`. */
  readonly reason?: string;
  /** How long the server asked us to stay away, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Every failure that leaves this folder. The message never holds a credential. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly code: KubeErrorCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: KubeErrorCode, message: string, options: KubeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Turns whatever was thrown into a {@linkcode KubeError}, keeping the original as `cause`.
 * Deno's `fetch` hides the useful half of a network failure in `cause`, so that text is lifted.
 */
export function asKubeError(thrown: unknown, code: KubeErrorCode, doing: string): KubeError {
  if (thrown instanceof KubeError) return thrown;
  return new KubeError(code, `${doing}: ${messageOf(thrown)}`, { cause: thrown });
}

function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? thrown.cause.message : thrown.message;
}
