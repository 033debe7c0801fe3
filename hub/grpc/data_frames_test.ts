import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DataFrames } from "./data_frames.ts";

interface Frame {
  readonly type: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

function encoded({ type, stream, payload }: Frame): number[] {
  const { length } = payload;
  const header = [length >> 16, length >> 8 & 0xff, length & 0xff, type, 0];
  return [
    ...header,
    stream >>> 24,
    stream >> 16 & 0xff,
    stream >> 8 & 0xff,
    stream & 0xff,
    ...payload,
  ];
}

Deno.test("the DATA frames of a connection are found with their lengths, wherever it is cut", () => {
  const frame: fc.Arbitrary<Frame> = fc.record({
    type: fc.constantFrom(0, 0, 1, 3, 4, 6, 8),
    stream: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    payload: fc.uint8Array({ maxLength: 400 }),
  });
  fc.assert(fc.property(
    fc.array(frame, { maxLength: 10 }),
    fc.array(fc.nat(), { maxLength: 10 }),
    (frames, places) => {
      const bytes = Uint8Array.from(frames.flatMap(encoded));
      const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
      const found: [number, number][] = [];
      const reader = new DataFrames();
      for (const [i, cut] of [...cuts, bytes.length].entries()) {
        reader.push(bytes.subarray(cuts[i - 1] ?? 0, cut), (...data) => void found.push(data));
      }
      assertEquals(
        found,
        frames.filter(({ type }) => type === 0)
          .map(({ stream, payload }) => [stream, payload.length]),
      );
    },
  ));
});
