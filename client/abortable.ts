/**
 * The response with a body that fails with the signal's reason as soon as the signal aborts.
 *
 * The signal given to `fetch` is not enough. In Deno 2.9.2 it loses its hold on the body when the
 * Response is garbage collected, which under a long stream it is: an abort then leaves a pending read
 * pending until the next byte comes. Cancelling the body's reader always works.
 */
export function abortable(response: Response, signal: AbortSignal): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  let stop = () => {};
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const abort = () => {
        controller.error(signal.reason);
        // A body that has failed already refuses to be cancelled, which is no news.
        reader.cancel(signal.reason).catch(() => {});
      };
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      stop = () => signal.removeEventListener("abort", abort);
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (!done) return controller.enqueue(value);
      stop();
      controller.close();
    },
    cancel(reason) {
      stop();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}
