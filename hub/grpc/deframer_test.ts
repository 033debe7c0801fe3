import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Deframer, FrameError, PREFIX_BYTES } from "./deframer.ts";

function framed(message: Uint8Array, flag = 0): Uint8Array {
  const bytes = new Uint8Array(PREFIX_BYTES + message.length);
  bytes[0] = flag;
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

/** What comes out when the bytes are cut at these places. */
function deframed(bytes: Uint8Array, cuts: readonly number[]): [number[], boolean][] {
  const found: [number[], boolean][] = [];
  const deframer = new Deframer(1000, (message, compressed) => {
    found.push([[...message], compressed]);
  });
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [i, place] of places.slice(1).entries()) {
    deframer.push(bytes.slice(places[i], place));
  }
  assertEquals(deframer.isWithin, false);
  return found;
}

Deno.test("messages come out as they were sent, wherever the stream is cut", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.boolean()), { maxLength: 12 }),
    fc.array(fc.nat(), { maxLength: 12 }),
    (messages, places) => {
      const bytes = Uint8Array.from(
        messages.flatMap(([message, compressed]) => [...framed(message, compressed ? 1 : 0)]),
      );
      const cuts = places.map((place) => place % (bytes.length + 1));
      assertEquals(
        deframed(bytes, cuts),
        messages.map(([message, compressed]) => [[...message], compressed]),
      );
    },
  ));
});

Deno.test("a stream that arrives byte by byte is read all the same", () => {
  const bytes = Uint8Array.from([...framed(Uint8Array.of(1, 2, 3)), ...framed(new Uint8Array())]);
  assertEquals(deframed(bytes, [...bytes.keys()]), [[[1, 2, 3], false], [[], false]]);
});

Deno.test("a message that is too long is refused by its prefix alone, also above two gigabytes", () => {
  for (const prefix of [[0, 0, 0, 3, 233], [0, 0xff, 0xff, 0xff, 0xff]]) {
    const error = assertThrows(
      () => new Deframer(1000, () => {}).push(Uint8Array.from(prefix)),
      FrameError,
    );
    assertEquals(error.code, "oversize");
  }
});

Deno.test("what is no gRPC is malformed", () => {
  const error = assertThrows(
    () => new Deframer(1000, () => {}).push(new TextEncoder().encode("GET / HTTP/1.1")),
    FrameError,
  );
  assertEquals(error.code, "malformed");
});

Deno.test("a message that has begun and not ended is known", () => {
  const deframer = new Deframer(1000, () => {});
  deframer.push(framed(Uint8Array.of(1, 2)).subarray(0, 6));
  assertEquals(deframer.isWithin, true);
  deframer.push(Uint8Array.of(2));
  assertEquals(deframer.isWithin, false);
});
