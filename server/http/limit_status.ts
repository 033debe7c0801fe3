import type { LimitCode, LimitError } from "../limit_error.ts";
import { HttpError } from "./http_error.ts";

/** 429 where the client itself can do with less, 503 where others use what there is. */
const STATUS: Readonly<Record<LimitCode, number>> = {
  "too-many-flows": 429,
  "flow-too-large": 413,
  "too-many-streams": 503,
  "too-many-streams-of-flow": 503,
  "too-many-streams-of-address": 429,
  "too-many-flows-of-stream": 400,
};

/** Seconds after which it is worth trying again. */
const RETRY_AFTER = "5";

/** The answer to a request that ran into a bound. */
export function limitError(error: LimitError): HttpError {
  const status = STATUS[error.code];
  const headers: Record<string, string> = status === 429 || status === 503
    ? { "Retry-After": RETRY_AFTER }
    : {};
  return new HttpError(status, error.code, error.message, headers, { cause: error });
}
