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
