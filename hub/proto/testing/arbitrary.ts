import fc from "fast-check";
import type { DataPacket } from "../messages.ts";
import { type JsonObject, jsonToStruct } from "../struct.ts";

const text = (maxLength: number) => fc.string({ unit: "grapheme", minLength: 1, maxLength });
const timestamp = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const struct = fc.dictionary(fc.string(), fc.jsonValue()).map((value) =>
  jsonToStruct(JSON.parse(JSON.stringify(value)) as JsonObject)
);

/** Leaves out what is undefined: an absent field is absent. */
function some<T extends object>(value: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

const frame = fc.oneof(
  fc.constant({}),
  fc.record({
    audio: fc.record({
      pcm: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      sampleRateHz: fc.integer({ min: 8000, max: 192_000 }),
      channels: fc.integer({ min: 1, max: 8 }),
      codec: text(10),
      timestampMs: timestamp,
    }),
  }),
  fc.record({
    video: fc.record({
      payload: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      width: fc.integer({ min: 1, max: 16_384 }),
      raw: fc.constant(true),
    }),
  }),
  fc.record({
    binary: fc.record({
      payload: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      mimeType: text(30),
    }),
  }),
);

/** Packets that every rule of the contract accepts. */
export function arbitraryPacket(): fc.Arbitrary<DataPacket> {
  return fc.tuple(
    fc.record({
      metadata: fc.option(fc.dictionary(text(20), text(60), { minKeys: 1, maxKeys: 8 }), {
        nil: undefined,
      }),
      payload: fc.option(struct, { nil: undefined }),
      inputs: fc.option(struct, { nil: undefined }),
      transports: fc.option(
        fc.array(fc.record({ name: text(9), mode: text(9) }), { minLength: 1, maxLength: 3 }),
        { nil: undefined },
      ),
      envelope: fc.option(
        fc.record({
          streamId: text(20),
          sequence: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
          partition: text(5),
        }),
        { nil: undefined },
      ),
    }),
    frame,
  ).map(([rest, chosen]) => some<DataPacket>({ ...rest, ...chosen }));
}
