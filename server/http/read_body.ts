import type { IncomingMessage } from "node:http";
import { concat } from "../stream/shared_bytes.ts";
import { HttpError } from "./http_error.ts";

/**
 * How much of a body that is too large is still read and thrown away. A client that is cut off in
 * the middle of its sending sees a reset connection instead of the 413 (RFC 9112 §9.6).
 */
const LINGER_FACTOR = 16;

/**
 * Reads a whole request body.
 *
 * @param maxBytes inclusive
 * @throws {HttpError} 413 when it is larger, 400 when the client stops in the middle
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > maxBytes * LINGER_FACTOR) throw tooLarge(maxBytes, true);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length <= maxBytes) parts.push(part);
      else if (length > maxBytes * LINGER_FACTOR) throw tooLarge(maxBytes, true);
      else parts.length = 0;
    }
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "body-cut-off", "the request body ended early", {}, { cause: error });
  }
  if (length > maxBytes) throw tooLarge(maxBytes, false);
  return parts.length === 1 ? parts[0]! : concat(parts);
}

function tooLarge(maxBytes: number, close: boolean): HttpError {
  return new HttpError(
    413,
    "body-too-large",
    `the request body has more than ${maxBytes} bytes: send smaller batches`,
    close ? { Connection: "close" } : {},
  );
}
