import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { check } from "./check.ts";
import { decode, encode } from "./codec.ts";
import { DataMessage, DataPacket, FlowControl, METADATA } from "./messages.ts";
import { dataToPacket, packetToData } from "./retag.ts";
import { type JsonObject, jsonToStruct, structToJson } from "./struct.ts";
import { arbitraryPacket } from "./testing/arbitrary.ts";
import { WireError } from "./wire_error.ts";

Deno.test("any valid packet passes the check and is the same after encoding and decoding", () => {
  fc.assert(fc.property(arbitraryPacket(), (packet) => {
    const bytes = encode(DataPacket, packet);
    check(DataPacket, bytes);
    assertEquals(encode(DataPacket, decode(DataPacket, bytes)), bytes);
  }));
});

Deno.test("any JSON object is the same after a Struct, but for the sign of zero", () => {
  const object = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
  fc.assert(fc.property(object, (value) => {
    const json = JSON.parse(JSON.stringify(value)) as JsonObject;
    assertEquals(JSON.stringify(structToJson(jsonToStruct(json))), JSON.stringify(json));
  }));
});

Deno.test("a DataRequest becomes the DataPacket that says the same, and back", () => {
  fc.assert(fc.property(arbitraryPacket(), (packet) => {
    const data = encode(DataMessage, packet);
    const retagged = dataToPacket(data);
    assertEquals(
      encode(DataPacket, decode(DataPacket, retagged)),
      encode(DataPacket, packet),
    );
    assertEquals(packetToData(retagged), data);
  }));
});

Deno.test("any bytes at all are either a message or a WireError, never anything else", () => {
  const near = fc.tuple(arbitraryPacket(), fc.nat(), fc.nat(255)).map(([packet, at, byte]) => {
    const bytes = encode(DataPacket, packet);
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 64 })), (bytes) => {
      try {
        check(DataPacket, bytes);
      } catch (error) {
        assert(error instanceof WireError, String(error));
        return;
      }
      const { payload } = decode(DataPacket, bytes);
      if (payload !== undefined) structToJson(payload);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("text that is not UTF-8, NaN and endless nesting are refused", () => {
  const pair = Uint8Array.of(0x0a, 5, 0x0a, 1, 0xff, 0x12, 0);
  assertThrows(() => check(DataPacket, pair), WireError, "UTF-8");
  const nan = encode(DataPacket, {
    payload: Uint8Array.of(10, 14, 10, 1, 97, 18, 9, 17, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f),
  });
  assertThrows(() => check(DataPacket, nan), WireError, "NaN");
  let deep: JsonObject = {};
  for (let level = 0; level < 90; level++) deep = { a: deep };
  const struct = jsonToStruct(deep);
  // A level of JSON is three messages inside one another.
  assertThrows(() => check(DataPacket, encode(DataPacket, { payload: struct })), WireError, "deep");
  for (let level = 0; level < 20; level++) deep = { a: deep };
  assertThrows(() => jsonToStruct(deep), WireError, "deep");
});

Deno.test("a message in two parts is the two merged, as protobuf has it", () => {
  const first = encode(DataPacket, { payload: jsonToStruct({ a: 1 }), envelope: { sequence: 4 } });
  const second = encode(DataPacket, {
    payload: jsonToStruct({ b: 2 }),
    envelope: { partition: "p" },
  });
  const both = decode(DataPacket, Uint8Array.of(...first, ...second));
  assertEquals(both.envelope, { sequence: 4, partition: "p" });
  assert(both.payload !== undefined);
  assertEquals<unknown>(structToJson(both.payload), { a: 1, b: 2 });
});

Deno.test("unknown fields of newer senders are left out", () => {
  const newer = Uint8Array.of(8, 7, 0xf8, 0x07, 1, 0xfa, 0x07, 2, 1, 2);
  assertEquals(decode(FlowControl, newer), { ack: 7 });
});

Deno.test("a key named __proto__ is a key", () => {
  const metadata = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
  const bytes = encode(DataPacket, { metadata });
  assertEquals(Object.entries(decode(DataPacket, bytes).metadata ?? {}), [["__proto__", "x"]]);
  assertEquals(METADATA.maxPairs, 100);
});
