import { ContractError } from "../../contracts/contract_error.ts";
import { METADATA } from "../../contracts/transport/names.ts";
import {
  PACKET_MIME_TYPE,
  readPacketEnvelope,
  writePacketEnvelope,
} from "../../contracts/transport/packet_envelope.ts";
import { MAX_MESSAGE_BYTES } from "../grpc/services.ts";
import { encode } from "../proto/codec.ts";
import { DataMessage, DataPacket, METADATA as LIMITS } from "../proto/messages.ts";
import { ascii, type Identity, Packet } from "../proto/packet.ts";
import { dataToPacket, packetToData } from "../proto/retag.ts";
import { type JsonObject, jsonToStruct, structToJson } from "../proto/struct.ts";
import { WireError } from "../proto/wire_error.ts";
import { checkForSdk, isPacketType, kindOf, LATEST_MS } from "./sdk_rules.ts";

const HEARTBEAT = ascii(METADATA.heartbeat);

/**
 * What an engram sent, as the packet that the hub gets: a structured packet is taken out of its
 * frame. Undefined for what only says that the engram lives.
 *
 * @throws {WireError} @throws {ContractError} when it is against the contract
 */
export function readData(bytes: Uint8Array): Packet | undefined {
  const packet = Packet.read(dataToPacket(bytes));
  return packet.hasContent && packet.metadata(HEARTBEAT) !== "true" ? unframed(packet) : undefined;
}

/** A structured packet out of its frame, every other as it is; undefined for a sign of life. */
function unframed(packet: Packet): Packet | undefined {
  if (packet.kind !== "binary") return packet;
  const decoded = packet.decoded();
  if (!isFramed(decoded)) return packet;
  const structured = unwrap(decoded);
  return structured === undefined ? undefined : Packet.read(encode(DataPacket, structured));
}

function isFramed({ binary, envelope }: DataPacket): boolean {
  // A chunk is a part of a frame, which only who puts it together can read.
  return isPacketType(binary?.mimeType) && !envelope?.chunkCount;
}

/** Takes a structured packet out of its frame. Undefined for a sign of life. */
function unwrap({ binary, metadata, envelope }: DataPacket): DataPacket | undefined {
  const inner = readPacketEnvelope(binary?.payload ?? new Uint8Array());
  if (isSignOfLife(inner.kind ?? "")) return undefined;
  const timestamp = inner.timestampMs || binary?.timestampMs;
  return {
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
}

function isSignOfLife(kind: string): boolean {
  return ["heartbeat", "noop"].includes(kind.trim().toLowerCase());
}

/** Whom a packet is for, as the hub writes it on each one that it forwards. */
export type Address = Readonly<Record<string, string>>;

export function addressOf(identity: Identity): Address {
  return {
    [METADATA.storyRunName]: identity.storyRun,
    [METADATA.storyRunNamespace]: identity.namespace,
    [METADATA.currentStepId]: identity.step,
  };
}

/**
 * A packet as the engram gets it: what has no frame is put into one, since the SDK skips it
 * otherwise. Undefined for a sign of life, which is the leg's alone.
 *
 * @param address of the engram, for what no hub has addressed
 * @throws {ContractError} when it is too large as JSON, or nothing that the SDK takes
 * @throws {WireError} when its metadata leaves no room for the address
 */
export function writeData(came: Packet, address?: Address): Uint8Array | undefined {
  if (!came.hasContent || came.metadata(HEARTBEAT) === "true") return undefined;
  // Who speaks to a hub without the SDK may frame its packets itself: they are held to the rules.
  const packet = unframed(came);
  if (packet === undefined) return undefined;
  const content = packet.decoded();
  const metadata = addressed(content.metadata ?? {}, address);
  const kind = kindOf(metadata).toLowerCase();
  if (isSignOfLife(kind)) return undefined;
  checkForSdk(content);
  if (kind === "error") {
    // The SDK takes a received error's payload for a frame, and refuses errors with frames.
    delete metadata[METADATA.envelopeKind];
    metadata.kind = "error";
  }
  const data = packet.kind === "payload"
    ? wrap({ ...content, metadata })
    : address === undefined && !content.payload && !content.inputs && kind !== "error"
    ? packetToData(packet.bytes.subarray(packet.start, packet.end))
    : encode(DataMessage, { ...content, metadata, ...closed(content) });
  if (data.length <= MAX_MESSAGE_BYTES) return data;
  throw new ContractError(`${data.length} bytes are more than a message may have`);
}

/** Structs without values that are left open: they are null to us, and no JSON to the SDK. */
function closed({ payload, inputs }: DataPacket): DataPacket {
  return {
    ...(payload === undefined ? {} : { payload: jsonToStruct(structToJson(payload)) }),
    ...(inputs === undefined ? {} : { inputs: jsonToStruct(structToJson(inputs)) }),
  };
}

/** Puts a structured packet into a frame. */
function wrap({ metadata = {}, payload, inputs, transports, envelope }: DataPacket): Uint8Array {
  const timestampMs = Number(metadata[METADATA.timestampMs] ?? 0);
  const timely = Number.isSafeInteger(timestampMs) && timestampMs > 0 && timestampMs <= LATEST_MS;
  const kind = kindOf(metadata) || (metadata.kind === "hook" ? "hook" : "data");
  const wrapped = writePacketEnvelope({
    version: "v1",
    kind,
    ...(metadata[METADATA.messageId] ? { messageId: metadata[METADATA.messageId] } : {}),
    ...(timely ? { timestampMs } : {}),
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

function addressed(
  own: Readonly<Record<string, string>>,
  address: Address | undefined,
): Record<string, string> {
  if (address === undefined) return { ...own };
  const metadata = { ...own, ...address };
  delete metadata[METADATA.materializeNextStep];
  if (Object.keys(metadata).length > LIMITS.maxPairs) {
    throw new WireError("invalid", "DataPacket.metadata", "no room for the address");
  }
  return metadata;
}
