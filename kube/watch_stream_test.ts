import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { KubeError } from "./errors.ts";
import { type WatchEvent, WatchStreamDecoder } from "./watch_stream.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const collect = (decoder: WatchStreamDecoder, chunks: Iterable<Uint8Array>): WatchEvent[] => {
  const events: WatchEvent[] = [];
  for (const chunk of chunks) events.push(...decoder.push(chunk));
  return events;
};

const object = fc.record({
  metadata: fc.record({
    name: fc.string({ unit: "grapheme", minLength: 1 }),
    resourceVersion: fc.nat().map(String),
    labels: fc.dictionary(fc.string(), fc.string({ unit: "grapheme" })),
  }),
  status: fc.jsonValue(),
});
const line = fc.oneof(
  fc.record({ type: fc.constantFrom("ADDED", "MODIFIED", "DELETED"), object }),
  fc.record({
    type: fc.constant("BOOKMARK"),
    object: fc.record({ metadata: fc.record({ resourceVersion: fc.nat().map(String) }) }),
  }),
  fc.record({
    type: fc.constant("ERROR"),
    object: fc.record({ kind: fc.constant("Status"), code: fc.integer({ min: 400, max: 599 }) }),
  }),
);

Deno.test("any cut of the stream gives the same events", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\n\n"))),
    fc.array(fc.nat()),
    (lines, cuts) => {
      const whole = bytes(lines.map(([event, end]) => JSON.stringify(event) + end).join(""));
      const expected = collect(new WatchStreamDecoder(), [whole]);
      assertEquals(expected.length, lines.length);

      const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
      const chunks = [0, ...at].map((start, i) => whole.slice(start, at[i] ?? whole.length));
      const decoder = new WatchStreamDecoder();
      assertEquals(collect(decoder, chunks), expected);
      assertEquals(decoder.pendingBytes, 0);
    },
  ));
});

Deno.test("a stream that comes byte by byte gives every event, umlauts and all", () => {
  const text = '{"type":"ADDED","object":{"metadata":{"name":"grün-🚀","resourceVersion":"7"}}}\n';
  const events = collect(
    new WatchStreamDecoder(),
    [...bytes(text)].map((byte) => Uint8Array.of(byte)),
  );
  assertEquals(events, [{
    type: "ADDED",
    object: { metadata: { name: "grün-🚀", resourceVersion: "7" } },
  }]);
});

Deno.test("the caller may reuse its buffer between chunks", () => {
  const text = '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}\n';
  const buffer = new Uint8Array(8);
  const decoder = new WatchStreamDecoder();
  const events: WatchEvent[] = [];
  for (let i = 0; i < text.length; i += 8) {
    const { written } = new TextEncoder().encodeInto(text.slice(i, i + 8), buffer);
    events.push(...decoder.push(buffer.subarray(0, written)));
    buffer.fill(0);
  }
  assertEquals(events, [{ type: "BOOKMARK", resourceVersion: "7" }]);
});

Deno.test("a stream that stops in the middle of a line shows pending bytes", () => {
  const decoder = new WatchStreamDecoder();
  assertEquals(collect(decoder, [bytes('{"type":"ADD')]), []);
  assertEquals(decoder.pendingBytes, 12);
});

Deno.test("events before a junk line are delivered before it throws", () => {
  const good = '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}\n';
  const events: WatchEvent[] = [];
  const error = assertThrows(() => {
    for (const event of new WatchStreamDecoder().push(bytes(`${good}junk\n${good}`))) {
      events.push(event);
    }
  }, KubeError);
  assertEquals(error.code, "bad-response");
  assertEquals(events.length, 1);
});

for (
  const [what, text] of [
    ["text", "junk"],
    ["half an object", '{"type":"ADDED"'],
    ["null", "null"],
    ["a number", "42"],
    ["an event without an object", '{"type":"ADDED"}'],
    ["an object without metadata", '{"type":"ADDED","object":{}}'],
    ["an object without a name", '{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}'],
    ["an object without a version", '{"type":"DELETED","object":{"metadata":{"name":"a"}}}'],
    [
      "a version that is a number",
      '{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":1}}}',
    ],
    ["a bookmark without a version", '{"type":"BOOKMARK","object":{"metadata":{}}}'],
    ["an error without a Status", '{"type":"ERROR","object":{"message":"boom"}}'],
    [
      "a type that nobody asked for",
      '{"type":"NEWS","object":{"metadata":{"name":"a","resourceVersion":"1"}}}',
    ],
    ["a bare Status", '{"kind":"Status","code":410}'],
  ] as const
) {
  Deno.test(`${what} is no watch event`, () => {
    const error = assertThrows(
      () => collect(new WatchStreamDecoder(), [bytes(`${text}\n`)]),
      KubeError,
    );
    assertEquals(error.code, "bad-response");
  });
}

Deno.test("bytes that are not UTF-8 are refused, not replaced", () => {
  const error = assertThrows(
    () => collect(new WatchStreamDecoder(), [Uint8Array.of(0x22, 0xff, 0x22, 0x0a)]),
    KubeError,
  );
  assertEquals(error.message, "a line of the watch stream is not UTF-8");
});

Deno.test("a line may be as long as the limit and no longer, however it is cut", () => {
  const event = '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}';
  for (const size of [1, 7, 1000]) {
    const chunks = (text: string) => {
      const all = bytes(text);
      return Array.from(
        { length: Math.ceil(all.length / size) },
        (_, i) => all.slice(i * size, (i + 1) * size),
      );
    };
    assertEquals(collect(new WatchStreamDecoder(event.length), chunks(`${event}\n`)).length, 1);
    assertThrows(
      () => collect(new WatchStreamDecoder(event.length - 1), chunks(`${event}\n`)),
      KubeError,
      "longer than",
    );
  }
});

Deno.test("a line without an end is refused as soon as it passes the limit", () => {
  const decoder = new WatchStreamDecoder(100);
  assertEquals(collect(decoder, [new Uint8Array(100).fill(0x20)]), []);
  assertThrows(() => collect(decoder, [new Uint8Array(1).fill(0x20)]), KubeError, "longer than");
});
