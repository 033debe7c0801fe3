import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../../contracts/contract_error.ts";
import {
  PACKET_MIME_TYPE,
  readPacketEnvelope,
  writePacketEnvelope,
} from "../../contracts/transport/packet_envelope.ts";
import { decode, encode } from "../proto/codec.ts";
import { DataMessage, DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { jsonToStruct, structToJson } from "../proto/struct.ts";
import { WireError } from "../proto/wire_error.ts";
import { readData, writeData } from "./data_message.ts";

const text = new TextEncoder();
const framed = (payload: Uint8Array) =>
  encode(DataMessage, { metadata: { a: "1" }, binary: { payload, mimeType: PACKET_MIME_TYPE } });

Deno.test("a structured packet leaves its frame for the hub, and has one for the engram", () => {
  const sent = framed(writePacketEnvelope({
    version: "v1",
    messageId: "m1",
    timestampMs: 7,
    metadata: { type: "chat" },
    payload: { n: 1 },
    inputs: { x: true },
  }));
  const packet = readData(sent)!;
  const { metadata, payload, inputs, binary } = packet.decoded();
  assertEquals(binary, undefined);
  assertEquals([structToJson(payload!), structToJson(inputs!)], [{ n: 1 }, { x: true }]);
  const expected = {
    a: "1",
    type: "chat",
    "bubu.envelope.kind": "data",
    "bubu.envelope.message_id": "m1",
    "bubu.envelope.timestamp_ms": "7",
  };
  assertEquals(metadata, expected);
  const back = decode(DataMessage, writeData(packet)!);
  assertEquals(readPacketEnvelope(back.binary!.payload!), {
    version: "v1",
    kind: "data",
    messageId: "m1",
    timestampMs: 7,
    metadata: expected,
    payload: { n: 1 },
    inputs: { x: true },
  });
});

Deno.test("media pass as they are, with the envelope that the hub gave them", () => {
  const envelope = { streamId: "s", sequence: 4 };
  const audio = { pcm: Uint8Array.of(1, 2), sampleRateHz: 48_000, channels: 1 };
  const packet = Packet.read(encode(DataPacket, { audio, envelope }));
  assertEquals(decode(DataMessage, writeData(packet)!), { audio, envelope });
  assertEquals(readData(encode(DataMessage, { audio }))?.kind, "audio");
});

Deno.test("signs of life are nobody's packets", () => {
  const metadata = { "bubu-heartbeat": "true" };
  assertEquals(readData(encode(DataMessage, { metadata })), undefined);
  assertEquals(readData(framed(text.encode('{"kind":"heartbeat"}'))), undefined);
  const beat = Packet.read(encode(DataPacket, { metadata, payload: jsonToStruct({}) }));
  assertEquals(writeData(beat), undefined);
});

Deno.test("a frame that is no packet is refused", () => {
  assertThrows(() => readData(framed(text.encode("{"))), ContractError, "is no JSON");
});

/** What the engram gets of a packet, undefined for a sign of life. */
function written(packet: DataPacket): DataPacket | undefined {
  const data = writeData(Packet.read(encode(DataPacket, packet)));
  return data === undefined ? undefined : decode(DataMessage, data);
}

Deno.test("a word of the engram's own for what a packet is goes there and back", () => {
  const packet = readData(
    framed(text.encode('{"kind":"telemetry","payload":{"n":1},"inputs":null}')),
  )!;
  const back = decode(DataMessage, writeData(packet)!);
  assertEquals(readPacketEnvelope(back.binary!.payload!).kind, "telemetry");
});

Deno.test("an error is told as data, since the SDK cannot receive its own errors", () => {
  const metadata = { "bubu.envelope.kind": "error", a: "1" };
  const data = written({ metadata, payload: jsonToStruct({ message: "no" }) })!;
  assertEquals(data.metadata, { a: "1", kind: "error" });
  const { kind, payload } = readPacketEnvelope(data.binary!.payload!);
  assertEquals([kind, payload], ["data", { message: "no" }]);
  const audio = { pcm: Uint8Array.of(1), sampleRateHz: 8_000, channels: 1 };
  assertEquals(written({ metadata, audio }), { metadata: { a: "1", kind: "error" }, audio });
});

Deno.test("a packet that somebody else framed is held to the same rules as one of the SDK", () => {
  const frame = (json: string): DataPacket => ({
    metadata: { a: "1" },
    binary: { payload: text.encode(json), mimeType: `${PACKET_MIME_TYPE}; v=1` },
  });
  const data = written(frame('{"payload":{"n":1}}'))!;
  assertEquals(data.binary?.mimeType, PACKET_MIME_TYPE);
  assertEquals(readPacketEnvelope(data.binary!.payload!).payload, { n: 1 });
  assertEquals(written(frame('{"kind":"noop"}')), undefined);
  assertEquals(
    written({ metadata: { "bubu.envelope.kind": "Heartbeat" }, payload: jsonToStruct({}) }),
    undefined,
  );
  assertThrows(() => written(frame("{")), ContractError, "is no JSON");
  const pairs = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, ""]));
  assertThrows(
    () => written(frame(JSON.stringify({ metadata: pairs }))),
    WireError,
    "more than 100",
  );
});

Deno.test("what a Struct leaves open beside a frame is null, as it is without one", () => {
  // {"a": <a Value without a kind>}
  const payload = Uint8Array.of(0x0a, 5, 0x0a, 1, 0x61, 0x12, 0);
  const binary = { payload: Uint8Array.of(1), mimeType: "x/y" };
  assertEquals(structToJson(written({ payload, binary })!.payload!), { a: null });
});

Deno.test("a packet that has no room in one message is not the engram's", () => {
  const packet = { payload: jsonToStruct({ text: '"'.repeat(6 * 1024 * 1024) }) };
  assertThrows(() => written(packet), ContractError, "bytes are more than");
});
