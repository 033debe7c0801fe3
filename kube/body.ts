/**
 * Yields the chunks of a body until it ends or the signal aborts; then the reason is thrown. Stopping
 * early frees the connection.
 *
 * The signal given to `fetch` is not enough. In Deno 2.9.2 it loses its hold on the body as soon as
 * the Response object is garbage collected, which for a watch is soon: an abort then leaves a pending
 * read pending for ever (measured, with `--expose-gc`). Cancelling the reader always works.
 */
export async function* readBody(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader();
  // A body that has already failed refuses to be cancelled, which is no news.
  const cancel = () => reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    await cancel();
  }
}
