/** JSON shapes that travel inside packets and control messages. */
import { z } from "zod";
import { ContractError } from "../contract_error.ts";
import { MESSAGE_LIMITS } from "./message_limits.ts";
import { parse } from "./parse.ts";

/** Mime type of a BinaryFrame whose payload is a {@linkcode PacketEnvelope}. */
export const PACKET_MIME_TYPE = "application/vnd.bubu.packet+json";

const object = z.record(z.string(), z.unknown());

/**
 * A structured packet as SDK and connector exchange it, as JSON in a BinaryFrame: the SDK skips
 * packets without a frame. `kind` is the engram's own word for what it is; `data`, `heartbeat`,
 * `noop`, `hook` and `error` mean something to SDK, connector and hub.
 */
export const packetEnvelopeSchema = z.looseObject({
  version: z.string().default("v1"),
  kind: z.string().optional(),
  messageId: z.string().optional(),
  timestampMs: z.int().min(0, "must not be negative").optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  payload: object.optional(),
  inputs: object.optional(),
  transports: z.array(z.looseObject({
    name: z.string().optional(),
    kind: z.string().optional(),
    mode: z.string().optional(),
    typedConfig: z.looseObject({
      transportRef: z.string().optional(),
      modeReason: z.string().optional(),
    }).optional(),
  })).optional(),
});

/** Payload of a packet of `kind: error`, version 1. */
export const structuredErrorSchema = z.looseObject({
  version: z.literal("v1"),
  type: z.enum([
    "timeout",
    "storage_error",
    "serialization_error",
    "validation_error",
    "initialization_error",
    "execution_error",
    "unknown",
  ]),
  message: z.string().min(1),
  code: z.string().optional(),
  retryable: z.boolean().optional(),
  exitCode: z.int().optional(),
  exitClass: z.string().optional(),
  details: z.unknown().optional(),
});

/** Payload of a packet of `kind: hook`. */
export const hookSchema = z.looseObject({
  version: z.literal("v1"),
  event: z.string(),
  source: z.string(),
  data: object,
});

/** Metadata of the SDK's receipt ({@linkcode RECEIPT_ACTION}); numbers are decimal text. */
export const receiptSchema = z.looseObject({
  stream_id: z.string().min(1),
  sequence: z.string().regex(/^[1-9][0-9]{0,19}$/, "must be a decimal number above 0"),
  partition: z.string().default(""),
  size_bytes: z.string().regex(/^[0-9]+$/, "must be a decimal number").optional(),
});

export type PacketEnvelope = z.output<typeof packetEnvelopeSchema>;
export type StructuredError = z.output<typeof structuredErrorSchema>;
export type Hook = z.output<typeof hookSchema>;
export type Receipt = z.output<typeof receiptSchema>;

/**
 * Reads the payload of a BinaryFrame of {@linkcode PACKET_MIME_TYPE}.
 *
 * @throws {ContractError} when it is no envelope or too large
 */
export function readPacketEnvelope(bytes: Uint8Array): PacketEnvelope {
  checkSize(bytes);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ContractError("packet envelope: is no JSON", { cause });
  }
  // An engram in Go that says JSON's null says that there is nothing.
  if (isRecord(value)) {
    value = Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
  }
  const envelope = parse(packetEnvelopeSchema, value, "packet envelope");
  const hasData = envelope.payload !== undefined || envelope.inputs !== undefined ||
    envelope.transports !== undefined;
  return envelope.kind === undefined && hasData ? { ...envelope, kind: "data" } : envelope;
}

/** Writes the payload of a BinaryFrame of {@linkcode PACKET_MIME_TYPE}. */
export function writePacketEnvelope(envelope: PacketEnvelope): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(JSON.stringify(envelope));
  checkSize(bytes);
  return bytes;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length > MESSAGE_LIMITS.frameBytes) {
    throw new ContractError(
      `packet envelope: ${bytes.length} bytes are more than ${MESSAGE_LIMITS.frameBytes}`,
    );
  }
}
