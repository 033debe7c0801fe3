import { assertEquals, assertRejects } from "@std/assert";
import { readBody } from "./body.ts";
import { settle } from "./testing/fake_clock.ts";

/** A body that is not tied to any signal, as one whose Response was garbage collected. */
function body(chunks: number[][], then: "ends" | "hangs" | "fails") {
  let cancelled: unknown;
  const queue = [...chunks];
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = queue.shift();
      if (next !== undefined) return controller.enqueue(Uint8Array.from(next));
      if (then === "ends") return controller.close();
      if (then === "fails") return controller.error(new TypeError("reset"));
      return new Promise(() => {});
    },
    cancel: (reason) => {
      cancelled = reason ?? "without a reason";
    },
  }, { highWaterMark: 0 });
  return { stream, cancelled: () => cancelled };
}

async function collect(stream: ReadableStream<Uint8Array>, signal: AbortSignal, into: number[]) {
  for await (const chunk of readBody(stream, signal)) into.push(...chunk);
}

Deno.test("every chunk is given, and the end is the end", async () => {
  const seen: number[] = [];
  await collect(body([[1, 2], [3]], "ends").stream, new AbortController().signal, seen);
  assertEquals(seen, [1, 2, 3]);
});

Deno.test("an abort ends a read that is pending, whatever the body does", async () => {
  const stop = new AbortController();
  const { stream, cancelled } = body([[1]], "hangs");
  const seen: number[] = [];
  const done = assertRejects(() => collect(stream, stop.signal, seen), Error, "enough");
  await settle();
  stop.abort(new Error("enough"));
  await done;
  assertEquals([seen, (cancelled() as Error).message], [[1], "enough"]);
});

Deno.test("an abort before the first read reads nothing", async () => {
  const stop = new AbortController();
  stop.abort(new Error("enough"));
  const seen: number[] = [];
  const { stream, cancelled } = body([[1]], "ends");
  await assertRejects(() => collect(stream, stop.signal, seen), Error, "enough");
  assertEquals([seen, (cancelled() as Error).message], [[], "enough"]);
});

Deno.test("an abort between two chunks gives no second one", async () => {
  const stop = new AbortController();
  const { stream } = body([[1], [2]], "ends");
  const chunks = readBody(stream, stop.signal);
  assertEquals((await chunks.next()).value, Uint8Array.of(1));
  stop.abort(new Error("enough"));
  await assertRejects(() => chunks.next(), Error, "enough");
});

Deno.test("a reader that stops early cancels the body", async () => {
  const { stream, cancelled } = body([[1], [2]], "hangs");
  for await (const _chunk of readBody(stream, new AbortController().signal)) break;
  assertEquals(cancelled(), "without a reason");
});

Deno.test("a body that fails gives its own error", async () => {
  await assertRejects(
    () => collect(body([[1]], "fails").stream, new AbortController().signal, []),
    TypeError,
    "reset",
  );
});
