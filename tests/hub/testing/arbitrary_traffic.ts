import fc from "fast-check";
import { PACKET_MIME_TYPE } from "../../../contracts/transport/packet_envelope.ts";
import { encode } from "../../../hub/proto/codec.ts";
import { DataPacket } from "../../../hub/proto/messages.ts";
import { Packet } from "../../../hub/proto/packet.ts";
import { type JsonObject, jsonToStruct } from "../../../hub/proto/struct.ts";
import { WireError } from "../../../hub/proto/wire_error.ts";

/** Mostly what readers expect, and now and then what they stumble over: spaces, case, ends of ranges. */
function mostly<T>(usual: fc.Arbitrary<T>, odd: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 20, arbitrary: usual }, fc.constantFrom(...odd));
}

const word = mostly(
  fc.stringMatching(/^[a-z][a-z0-9.]{0,8}$/),
  ["", " padded ", "Error", "\u0085x", "a b", "\u{1F600}", "x".repeat(32)],
);
const kind = mostly(
  fc.constantFrom("data", "own.kind", "error", "hook"),
  ["heartbeat", "noop", "Noop", "no word", ""],
);
const mimeType = mostly(
  fc.constantFrom("application/octet-stream", "text/plain; charset=utf-8", PACKET_MIME_TYPE),
  ["", "text/plain; a=1; a=2", "text/", "no type", `${PACKET_MIME_TYPE.toUpperCase()}; v=1`],
);
const timestampMs = mostly<number | bigint>(
  fc.integer({ min: 0, max: 2_000_000_000_000 }),
  [9_223_372_036_854, 9_223_372_036_855, 2n ** 53n, 2n ** 64n - 1n],
);
const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })).map((value) =>
  JSON.parse(JSON.stringify(value)) as JsonObject
);
const struct = fc.oneof(
  { weight: 3, arbitrary: json.map(jsonToStruct) },
  // {"a": <a Value without a kind>}
  fc.constant(Uint8Array.of(0x0a, 5, 0x0a, 1, 0x61, 0x12, 0)),
);
const bytes = mostly(fc.uint8Array({ minLength: 1, maxLength: 40 }), [new Uint8Array()]);
const framed = fc.record({ kind, payload: json, metadata: fc.dictionary(word, word) }, {
  requiredKeys: ["payload"],
}).map((envelope) => new TextEncoder().encode(JSON.stringify(envelope)));

const frame: fc.Arbitrary<DataPacket> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({
    audio: fc.record({
      pcm: bytes,
      sampleRateHz: fc.constantFrom(8_000, 192_000),
      channels: fc.integer({ min: 1, max: 8 }),
      codec: word,
      timestampMs,
    }),
  }),
  fc.record({
    video: fc.record({
      payload: bytes,
      codec: word,
      width: fc.integer({ min: 0, max: 16_384 }),
      height: fc.integer({ min: 0, max: 16_384 }),
      raw: fc.boolean(),
      timestampMs,
    }),
  }),
  fc.record({
    binary: fc.record({ payload: fc.oneof(bytes, framed), mimeType, timestampMs }),
  }),
);

const chunk = fc.record({
  streamId: fc.constant("s"),
  chunkId: fc.uuid(),
  chunkIndex: fc.constant(0),
  // A packet that is never whole would hold up the others for two minutes.
  chunkCount: fc.constant(1),
  chunkBytes: mostly(fc.constant(0), [1, 40]),
});

/**
 * Packets that the contract's rules accept, and that its readers may stumble over all the same.
 * Each has its number in the metadata `i`.
 */
export function arbitraryTraffic(): fc.Arbitrary<DataPacket[]> {
  const packet: fc.Arbitrary<DataPacket> = fc.tuple(
    frame,
    fc.record({
      metadata: fc.tuple(
        fc.dictionary(word, word, { maxKeys: 5 }),
        fc.record({
          "bubu.envelope.kind": kind,
          "bubu.envelope.message_id": word,
          "bubu.envelope.timestamp_ms": fc.oneof(word, timestampMs.map(String)),
        }, { requiredKeys: [] }),
      ).map(([own, envelope]) => ({ ...own, ...envelope })),
      payload: struct,
      inputs: struct,
      transports: fc.array(
        fc.record({ name: word, typedConfig: fc.record({ modeReason: word }) }),
        {
          maxLength: 3,
        },
      ),
    }, { requiredKeys: [] }),
    fc.oneof(
      { weight: 20, arbitrary: fc.constant({}) },
      fc.record({ envelope: chunk }),
    ),
  ).map(([first, second, third]) => ({ ...first, ...second, ...third }));
  return fc.array(packet, { minLength: 300, maxLength: 300 }).map((packets) =>
    packets
      .map((each, i) => ({ ...each, metadata: { ...each.metadata, i: String(i) } }))
      .filter(isValid)
  );
}

function isValid(packet: DataPacket): boolean {
  try {
    return Packet.read(encode(DataPacket, packet)).hasContent;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}
