import { METADATA } from "../../contracts/transport/names.ts";
import {
  PACKET_MIME_TYPE,
  readPacketEnvelope,
  writePacketEnvelope,
} from "../../contracts/transport/packet_envelope.ts";
import { encode } from "../proto/codec.ts";
import { DataMessage, DataPacket, METADATA as LIMITS } from "../proto/messages.ts";
import { ascii, encodeIdentity, type Identity, Packet, writePacket } from "../proto/packet.ts";
import { dataToPacket, packetToData } from "../proto/retag.ts";
import { type JsonObject, jsonToStruct, structToJson } from "../proto/struct.ts";
import { WireError } from "../proto/wire_error.ts";
import { WireWriter } from "../proto/wire_writer.ts";

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

/** Whom a packet is for, as the hub writes it on each one that it forwards. */
export interface Address {
  readonly metadata: Readonly<Record<string, string>>;
  readonly encoded: Uint8Array;
}

export function addressOf(identity: Identity): Address {
  return {
    encoded: encodeIdentity(identity),
    metadata: {
      [METADATA.storyRunName]: identity.storyRun,
      [METADATA.storyRunNamespace]: identity.namespace,
      [METADATA.currentStepId]: identity.step,
    },
  };
}

/**
 * A packet as the engram gets it: what has no frame is put into one, since the SDK skips it
 * otherwise. Undefined for a sign of life, which is the leg's alone.
 *
 * @param address of the engram, for what no hub has addressed
 * @throws {ContractError} when it is too large as JSON
 * @throws {WireError} when its metadata leaves no room for the address
 */
export function writeData(packet: Packet, address?: Address): Uint8Array | undefined {
  if (!packet.hasContent || packet.metadata(HEARTBEAT) === "true") return undefined;
  if (packet.kind !== "payload") {
    if (address === undefined) {
      return packetToData(packet.bytes.subarray(packet.start, packet.end));
    }
    const writer = new WireWriter(packet.size + address.encoded.length);
    writePacket(packet.bodyFor(address.encoded, writer), packet.envelope, writer);
    return packetToData(writer.take());
  }
  const { metadata: own = {}, payload, inputs, transports, envelope } = packet.decoded();
  const metadata = address === undefined ? own : { ...own, ...address.metadata };
  if (address !== undefined) {
    delete metadata[METADATA.materializeNextStep];
    if (Object.keys(metadata).length > LIMITS.maxPairs) {
      throw new WireError("invalid", "DataPacket.metadata", "no room for the address");
    }
  }
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
