import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SseDecoder, type SseEvent } from "./sse_decoder.ts";
import { encodeSseEvent } from "./sse_encode.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function decode(stream: Uint8Array, cuts: number[] = []): SseEvent[] {
  const decoder = new SseDecoder();
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  const events: SseEvent[] = [];
  for (const to of [...places, stream.length]) {
    events.push(...decoder.push(stream.subarray(from, to)).events);
    from = to;
  }
  return events;
}

const oneLine = fc.json();
const name = fc.constantFrom("upsert-nodes", "hello", "heartbeat");
const id = fc.option(fc.constantFrom("1-abc", "2-abc", "9007199254740991-zz"), { nil: undefined });

Deno.test("what is encoded is decoded, however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, oneLine, id)), fc.array(fc.nat()), (events, cuts) => {
      const stream = bytes(events.map((event) => encodeSseEvent(...event)).join(""));
      let last = "";
      assertEquals(
        decode(stream, cuts),
        events.map(([event, data, id]) => ({ event, data, lastEventId: last = id ?? last })),
      );
    }),
  );
});

Deno.test("any bytes decode the same in one piece as cut anywhere", () => {
  const soup = fc.array(
    fc.constantFrom(
      "data",
      "id",
      "event",
      "retry",
      ":",
      " ",
      "\n",
      "\r",
      "\r\n",
      "é",
      "\ufeff",
      "x",
    ),
  ).map((parts) => bytes(parts.join("")));
  fc.assert(fc.property(soup, fc.array(fc.nat()), (stream, cuts) => {
    assertEquals(decode(stream, cuts), decode(stream));
  }));
});

// The cases of the standard's parser (WHATWG HTML §9.2.6), in our words.
const CASES: [name: string, stream: string, events: Partial<SseEvent>[]][] = [
  ["a leading byte order mark is dropped", "\ufeffdata: a\n\n", [{ data: "a" }]],
  ["comments say nothing", ": hi\n\ndata: a\n: hi\n\n", [{ data: "a" }]],
  ["CR, LF and CRLF each end a line", "data: a\rdata: b\r\ndata: c\n\n", [{ data: "a\nb\nc" }]],
  ["only one leading space is dropped", "data:  a\n\n", [{ data: " a" }]],
  ["a field without colon has an empty value", "data\ndata\n\n", [{ data: "\n" }]],
  ["an event without data is not dispatched", "event: x\n\ndata: a\n\n", [{
    event: "message",
    data: "a",
  }]],
  ["an unfinished event is dropped", "data: a\n\ndata: b\n", [{ data: "a" }]],
  ["an id with NUL is ignored", "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", [
    { lastEventId: "1" },
    { lastEventId: "1" },
  ]],
  ["an empty id resets the last one", "id: 1\ndata: a\n\nid\ndata: b\n\n", [
    { lastEventId: "1" },
    { lastEventId: "" },
  ]],
  ["unknown fields are ignored", "dat: x\nData: y\ndata: a\n\n", [{ data: "a" }]],
];

for (const [name, stream, events] of CASES) {
  Deno.test(`sse decoder: ${name}`, () => {
    const decoded = decode(bytes(stream));
    assertEquals(decoded.length, events.length);
    events.forEach((event, i) => assertEquals({ ...decoded[i]!, ...event }, decoded[i]!));
  });
}

Deno.test("retry is reported when it is a whole number and ignored otherwise", () => {
  assertEquals(new SseDecoder().push(bytes("retry: 250\n\n")), { events: [], retry: 250 });
  assertEquals(new SseDecoder().push(bytes("retry: soon\nretry: -1\n\n")), { events: [] });
});
