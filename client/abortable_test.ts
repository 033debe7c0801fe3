import { assertEquals, assertRejects } from "@std/assert";
import { abortable } from "./abortable.ts";

/** A body that gives `chunks` and then nothing, for ever. */
function silent(chunks: string[]) {
  const seen = { cancelled: undefined as unknown };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
    },
    cancel(reason) {
      seen.cancelled = reason;
    },
  });
  return { seen, response: new Response(body, { status: 201, headers: { x: "y" } }) };
}

Deno.test("an abort fails a pending read with its reason and frees the body", async () => {
  const { response, seen } = silent(["a"]);
  const stop = new AbortController();
  const reader = abortable(response, stop.signal).body!.getReader();
  assertEquals(await reader.read(), { done: false, value: new Uint8Array([97]) });
  const pending = reader.read();
  const reason = new Error("enough");
  stop.abort(reason);
  await assertRejects(() => pending, Error, "enough");
  assertEquals(seen.cancelled, reason);
});

Deno.test("a signal that has aborted already fails the first read", async () => {
  const { response, seen } = silent(["a"]);
  const wrapped = abortable(response, AbortSignal.abort(new Error("too late")));
  await assertRejects(() => wrapped.text(), Error, "too late");
  assertEquals(String(seen.cancelled), "Error: too late");
});

Deno.test("without an abort the response is what it was, to its end", async () => {
  const { signal } = new AbortController();
  const wrapped = abortable(new Response("whole", { status: 201, headers: { x: "y" } }), signal);
  assertEquals([wrapped.status, wrapped.headers.get("x"), await wrapped.text()], [
    201,
    "y",
    "whole",
  ]);
  assertEquals(abortable(new Response(null, { status: 304 }), signal).status, 304);
});

Deno.test("whoever cancels the response cancels its source", async () => {
  const { response, seen } = silent(["a"]);
  await abortable(response, new AbortController().signal).body!.cancel("done with it");
  assertEquals(seen.cancelled, "done with it");
});

Deno.test("a source that fails passes its error on", async () => {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new TypeError("cut")),
  });
  const wrapped = abortable(new Response(body), new AbortController().signal);
  await assertRejects(() => wrapped.text(), TypeError, "cut");
});
