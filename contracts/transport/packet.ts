/**
 * A packet as hub and connector hold it in memory: `transport.v1.DataPacket` with Structs as plain
 * JSON objects and 64-bit numbers as bigint. The codec belongs to whoever speaks the wire.
 */
import type { LaneKind } from "./streaming_settings.ts";

export type JsonObject = { [key: string]: unknown };

export interface AudioFrame {
  readonly kind: "audio";
  readonly pcm: Uint8Array;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly codec: string;
  readonly timestampMs: bigint;
}

export interface VideoFrame {
  readonly kind: "video";
  readonly payload: Uint8Array;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly timestampMs: bigint;
  readonly raw: boolean;
}

export interface BinaryFrame {
  readonly kind: "binary";
  readonly payload: Uint8Array;
  readonly mimeType: string;
  readonly timestampMs: bigint;
}

export type Frame = AudioFrame | VideoFrame | BinaryFrame;

export interface StreamEnvelope {
  readonly streamId: string;
  /** From 1; 0 means the packet is not numbered. */
  readonly sequence: bigint;
  readonly partition: string;
  readonly chunkId: string;
  readonly chunkIndex: number;
  readonly chunkCount: number;
  readonly chunkBytes: number;
  readonly totalBytes: number;
}

export interface TransportDescriptor {
  readonly name: string;
  readonly kind: string;
  readonly mode: string;
  readonly typedConfig?: { readonly transportRef: string; readonly modeReason: string };
}

export interface Packet {
  readonly metadata: Readonly<Record<string, string>>;
  readonly payload?: JsonObject;
  readonly inputs?: JsonObject;
  readonly transports?: readonly TransportDescriptor[];
  readonly frame?: Frame;
  readonly envelope?: StreamEnvelope;
}

/** The kind of lane that a packet travels in: its frame's, or `payload` without one. */
export function laneOf(packet: Packet): LaneKind {
  return packet.frame?.kind ?? "payload";
}

/** The SDK drops a packet that has metadata alone. */
export function isDeliverable(packet: Packet): boolean {
  return packet.frame !== undefined || packet.payload !== undefined ||
    packet.inputs !== undefined || (packet.transports?.length ?? 0) > 0;
}

/**
 * What a step put out: its inputs with its payload over them, as `steps.<id>` holds it. Undefined
 * when the packet has neither, such as one of media alone.
 */
export function outputsOf(packet: Packet): JsonObject | undefined {
  if (packet.payload === undefined && packet.inputs === undefined) return undefined;
  return { ...packet.inputs, ...packet.payload };
}
