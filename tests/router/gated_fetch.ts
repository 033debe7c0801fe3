/** A `fetch` for a reader that takes nothing until it is let. */
export interface GatedFetch {
  readonly fetch: typeof fetch;
  /** Lets the reader read, from now on and for good. */
  open(): void;
  /** Requests so far: more than one when the reader had to come back. */
  readonly requests: number;
}

/**
 * Makes a `fetch` whose bodies are not read while the gate is closed, so that what is sent waits in the
 * kernel, and behind it on the other side.
 */
export function gatedFetch(): GatedFetch {
  const gate = Promise.withResolvers<void>();
  let requests = 0;
  return {
    async fetch(input, init) {
      requests++;
      const response = await fetch(input, init);
      const reader = response.body?.getReader();
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        async pull(controller) {
          await gate.promise;
          const chunk = await reader?.read();
          if (chunk?.value === undefined) controller.close();
          else controller.enqueue(chunk.value);
        },
        cancel: (reason) => reader?.cancel(reason),
      }, { highWaterMark: 0 });
      return new Response(body, response);
    },
    open: () => gate.resolve(),
    get requests() {
      return requests;
    },
  };
}
