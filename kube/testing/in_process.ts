import type { KubeFetch } from "../client.ts";

/**
 * A `fetch` that calls a handler directly: no sockets, no timers, so that a test on a
 * {@linkcode FakeClock} decides alone what happens when. Honours the signal as the real one does,
 * before the head and in the middle of the body.
 */
export function inProcessFetch(handle: (request: Request) => Promise<Response>): KubeFetch {
  return async (path, { method = "GET", headers = {}, body, signal } = {}) => {
    signal?.throwIfAborted();
    const request = new Request(`http://in-process${path}`, {
      method,
      headers: { ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const response = await orAborted(handle(request), signal);
    if (signal === undefined || response.body === null) return response;
    return new Response(abortable(response.body, signal), response);
  };
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function abortable(body: ReadableStream<Uint8Array>, signal: AbortSignal) {
  const reader = body.getReader();
  let abort = () => {};
  const detach = () => signal.removeEventListener("abort", abort);
  return new ReadableStream<Uint8Array>({
    start(controller) {
      abort = () => {
        detach();
        controller.error(signal.reason);
        // The other end may have failed already, which is no news to somebody who is leaving.
        reader.cancel().catch(() => {});
      };
      signal.addEventListener("abort", abort);
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        detach();
        controller.close();
      } catch (error) {
        detach();
        controller.error(error);
      }
    },
    async cancel() {
      detach();
      await reader.cancel();
    },
  });
}
