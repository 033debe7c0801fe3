import { METADATA } from "../../contracts/transport/names.ts";
import {
  PACKET_MIME_TYPE,
  readPacketEnvelope,
  writePacketEnvelope,
} from "../../contracts/transport/packet_envelope.ts";
import { encode } from "../proto/codec.ts";
import { DataMessage, DataPacket } from "../proto/messages.ts";
import { ascii, Packet } from "../proto/packet.ts";
import { dataToPacket, packetToData } from "../proto/retag.ts";
import { type JsonObject, jsonToStruct, structToJson } from "../proto/struct.ts";

const HEARTBEAT = ascii(METADATA.heartbeat);

/**
 * What an engram sent, as the packet that the hub gets: a structured packet is taken out of its
 * frame. Undefined for what only says that the engram lives.
 *
 * @throws {WireError} @throws {ContractError} when it is against the contract
 */
export function readData(bytes: Uint8Array): Packet | undefined {
  const packet = Packet.read(dataToPacket(bytes));
  if (!packet.hasContent || packet.metadata(HEARTBEAT) === "true") return undefined;
  if (packet.kind !== "binary") return packet;
  const { binary, metadata, envelope } = packet.decoded();
  if (binary?.mimeType !== PACKET_MIME_TYPE) return packet;
  const inner = readPacketEnvelope(binary.payload ?? new Uint8Array());
  if (inner.kind === "heartbeat" || inner.kind === "noop") return undefined;
  const timestamp = inner.timestampMs || binary.timestampMs;
  const unwrapped: DataPacket = {
    metadata: {
      ...metadata,
      ...inner.metadata,
      ...(inner.kind === undefined ? {} : { [METADATA.envelopeKind]: inner.kind }),
      ...(inner.messageId ? { [METADATA.messageId]: inner.messageId } : {}),
      ...(timestamp ? { [METADATA.timestampMs]: String(timestamp) } : {}),
    },
    ...(inner.payload === undefined ? {} : { payload: jsonToStruct(inner.payload as JsonObject) }),
    ...(inner.inputs === undefined ? {} : { inputs: jsonToStruct(inner.inputs as JsonObject) }),
    ...(inner.transports === undefined
      ? {}
      : { transports: inner.transports as NonNullable<DataPacket["transports"]> }),
    ...(envelope === undefined ? {} : { envelope }),
  };
  return Packet.read(encode(DataPacket, unwrapped));
}

/**
 * A packet as the engram gets it: what has no frame is put into one, since the SDK skips it
 * otherwise. Undefined for a sign of life, which is the leg's alone.
 *
 * @throws {ContractError} when it is too large as JSON
 */
export function writeData(packet: Packet): Uint8Array | undefined {
  if (!packet.hasContent || packet.metadata(HEARTBEAT) === "true") return undefined;
  if (packet.kind !== "payload") {
    return packetToData(packet.bytes.subarray(packet.start, packet.end));
  }
  const { metadata = {}, payload, inputs, transports, envelope } = packet.decoded();
  const timestampMs = Number(metadata[METADATA.timestampMs] ?? 0);
  const kind = metadata[METADATA.envelopeKind] ?? metadata.kind;
  const wrapped = writePacketEnvelope({
    version: "v1",
    kind: kind === "hook" || kind === "error" ? kind : "data",
    ...(metadata[METADATA.messageId] ? { messageId: metadata[METADATA.messageId] } : {}),
    ...(Number.isSafeInteger(timestampMs) && timestampMs > 0 ? { timestampMs } : {}),
    metadata,
    ...(payload === undefined ? {} : { payload: structToJson(payload) }),
    ...(inputs === undefined ? {} : { inputs: structToJson(inputs) }),
    ...(transports === undefined ? {} : { transports: transports as never }),
  });
  return encode(DataMessage, {
    metadata,
    binary: { payload: wrapped, mimeType: PACKET_MIME_TYPE },
    ...(envelope === undefined ? {} : { envelope }),
  });
}
