import type { Clock } from "../contracts/clock.ts";
import { abortable } from "./abortable.ts";
import { parseRetryAfter } from "./retry_delay.ts";
import { SubscribeError } from "./subscribe_error.ts";

/**
 * Asks for a stream and holds the answer against what a router gives (WHATWG HTML §9.2.3).
 *
 * @throws {SubscribeError} `status` or `protocol`; whatever `doFetch` throws passes through
 */
export async function openStream(
  doFetch: typeof fetch,
  url: URL,
  init: { headers: Headers; signal: AbortSignal },
  clock: Clock,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const response = abortable(await doFetch(url, { ...init, cache: "no-store" }), init.signal);
  const { status, headers, body } = response;
  if (status !== 200) {
    throw new SubscribeError(
      "status",
      `the router answered ${status} ${response.statusText}`.trim(),
      {
        status,
        retryAfter: parseRetryAfter(headers.get("retry-after"), clock.now()),
      },
    );
  }
  const type = headers.get("content-type");
  if (body === null || !/^text\/event-stream\s*(;|$)/i.test(type ?? "")) {
    throw new SubscribeError("protocol", `the answer is ${type ?? "untyped"}, not an event stream`);
  }
  return body.getReader();
}
