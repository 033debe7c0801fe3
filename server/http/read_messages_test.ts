import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HttpError } from "./http_error.ts";
import { readMessages } from "./read_messages.ts";

const LIMITS = { maxBatch: 10, maxMessageBytes: 10_000, maxIdLength: 100, maxJsonDepth: 10 };

const encoder = new TextEncoder();
const fatal = new TextDecoder("utf-8", { fatal: true });

/** A message with these bytes as its label. */
function bodyWith(label: Uint8Array): Uint8Array {
  const message = {
    type: "upsert-flow",
    flow: { id: "f", label: "|", status: "running", startedAt: 1 },
  };
  const [before = "", after = ""] = JSON.stringify(message).split("|");
  return new Uint8Array([...encoder.encode(before), ...label, ...encoder.encode(after)]);
}

Deno.test("a body is read as a fatal TextDecoder reads it, or refused", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 12 }).map((text) => encoder.encode(text)),
  );
  fc.assert(
    fc.property(bytes, fc.nat(12), (label, cut) => {
      const body = bodyWith(label.subarray(0, label.length - cut % (label.length + 1)));
      let expected: unknown;
      try {
        expected = JSON.parse(fatal.decode(body));
      } catch {
        assertThrows(() => readMessages(body, "json", LIMITS), HttpError);
        return;
      }
      assertEquals(readMessages(body, "json", LIMITS)[0]?.message, expected);
    }),
    { numRuns: 500 },
  );
});

Deno.test("one byte order mark may stand before a body, and no more", () => {
  const body = JSON.stringify({ type: "delete-nodes", ids: ["a"] });
  const read = (text: string) => readMessages(encoder.encode(text), "ndjson", LIMITS).length;
  assertEquals(read(`\ufeff${body}\n${body}`), 2);
  assertThrows(() => read(`\ufeff\ufeff${body}`), HttpError, "not valid JSON");
  assertThrows(() => read(`${body}\n\ufeff${body}`), HttpError, "line 2: not valid JSON");
});
