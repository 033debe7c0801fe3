/** The messages of `transport/v1/*.proto` as tables, with the bounds that readers check. */
import {
  type Line,
  type MapBounds,
  message,
  type MessageType,
  nested,
  scalar,
  stringMap,
} from "./message_type.ts";
import type { Uint64 } from "./wire_reader.ts";

const MEBIBYTE = 1024 * 1024;

/** Bytes of one frame's content. */
export const MAX_FRAME_BYTES = 10 * MEBIBYTE;
/** Characters of a stream id, partition, chunk id or custom action. */
export const MAX_ID_LENGTH = 128;
/** Bounds of every metadata map. */
export const METADATA: MapBounds = {
  maxPairs: 100,
  key: { min: 1, max: 128 },
  value: { max: 1024 },
};

const id = (number: number): Line => scalar(number, "string", { max: MAX_ID_LENGTH });

export interface AudioFrame {
  pcm?: Uint8Array;
  sampleRateHz?: number;
  channels?: number;
  codec?: string;
  timestampMs?: Uint64;
}

export const AudioFrame = message<AudioFrame>("AudioFrame", {
  pcm: scalar(1, "bytes", { max: MAX_FRAME_BYTES }),
  sampleRateHz: scalar(2, "int32", { min: 8000, max: 192_000 }),
  channels: scalar(3, "int32", { min: 1, max: 8 }),
  codec: scalar(4, "string", { max: 32 }),
  timestampMs: scalar(5, "uint64"),
});

export interface VideoFrame {
  payload?: Uint8Array;
  codec?: string;
  width?: number;
  height?: number;
  timestampMs?: Uint64;
  raw?: boolean;
}

export const VideoFrame = message<VideoFrame>("VideoFrame", {
  payload: scalar(1, "bytes", { max: MAX_FRAME_BYTES }),
  codec: scalar(2, "string", { max: 32 }),
  width: scalar(3, "uint32", { max: 16_384 }),
  height: scalar(4, "uint32", { max: 16_384 }),
  timestampMs: scalar(5, "uint64"),
  raw: scalar(6, "bool"),
});

export interface BinaryFrame {
  payload?: Uint8Array;
  mimeType?: string;
  timestampMs?: Uint64;
}

export const BinaryFrame = message<BinaryFrame>("BinaryFrame", {
  payload: scalar(1, "bytes", { max: MAX_FRAME_BYTES }),
  mimeType: scalar(2, "string", { max: 255 }),
  timestampMs: scalar(3, "uint64"),
});

export interface TransportConfig {
  transportRef?: string;
  modeReason?: string;
}

export const TransportConfig = message<TransportConfig>("TransportConfig", {
  transportRef: scalar(1, "string", { max: 253 }),
  modeReason: scalar(2, "string", { max: 512 }),
});

export interface TransportDescriptor {
  name?: string;
  kind?: string;
  mode?: string;
  typedConfig?: TransportConfig;
}

export const TransportDescriptor = message<TransportDescriptor>("TransportDescriptor", {
  name: id(1),
  kind: id(2),
  mode: id(3),
  typedConfig: nested(5, () => TransportConfig),
});

export interface StreamEnvelope {
  streamId?: string;
  sequence?: Uint64;
  partition?: string;
  chunkId?: string;
  chunkIndex?: number;
  chunkCount?: number;
  chunkBytes?: number;
  totalBytes?: number;
}

export const StreamEnvelope = message<StreamEnvelope>("StreamEnvelope", {
  streamId: id(1),
  sequence: scalar(2, "uint64"),
  partition: id(3),
  chunkId: id(4),
  chunkIndex: scalar(5, "uint32"),
  chunkCount: scalar(6, "uint32", { max: 256 }),
  chunkBytes: scalar(7, "uint32", { max: 10 * MEBIBYTE }),
  totalBytes: scalar(8, "uint32", { max: 64 * MEBIBYTE }),
}, (envelope) => {
  if (!envelope.chunkCount) {
    const { chunkId, chunkIndex, chunkBytes, totalBytes } = envelope;
    const any = chunkId || chunkIndex || chunkBytes || totalBytes;
    return any ? "chunk fields without a chunk count" : undefined;
  }
  if (!envelope.chunkId) return "a chunk without chunkId";
  if (!envelope.streamId) return "a chunk without streamId";
  if ((envelope.chunkIndex ?? 0) >= envelope.chunkCount) {
    return "chunkIndex is not below chunkCount";
  }
  return undefined;
});

export interface PartitionAck {
  partition?: string;
  ack?: Uint64;
}

export const PartitionAck = message<PartitionAck>("PartitionAck", {
  partition: id(1),
  ack: scalar(2, "uint64"),
});

/** `FlowControl.signal`. */
export const FlowControlSignal = { unspecified: 0, pause: 1, resume: 2 } as const;

export interface FlowControl {
  ack?: Uint64;
  creditsMessages?: number;
  creditsBytes?: number;
  partitionAcks?: PartitionAck[];
  signal?: number;
}

export const FlowControl = message<FlowControl>("FlowControl", {
  ack: scalar(1, "uint64"),
  creditsMessages: scalar(2, "uint32"),
  creditsBytes: scalar(3, "uint32"),
  partitionAcks: nested(6, () => PartitionAck, { maxItems: 256 }),
  signal: scalar(7, "enum"),
});

/** `ControlRequest.action` and `ControlResponse.action`. */
export const ControlAction = {
  unspecified: 0,
  noop: 1,
  start: 2,
  stop: 3,
  startUpstream: 4,
  stopUpstream: 5,
  startDownstream: 6,
  stopDownstream: 7,
  heartbeat: 8,
  connectorReady: 9,
  connectorCapabilities: 10,
  handoffDraining: 11,
  handoffCutover: 12,
  handoffReady: 13,
  ack: 14,
  error: 15,
  codecSelect: 16,
} as const;

export interface ControlError {
  code?: number;
  message?: string;
  details?: Record<string, string>;
}

export const ControlError = message<ControlError>("ControlError", {
  code: scalar(1, "int32", { min: 0 }),
  message: scalar(2, "string", { max: 2048 }),
  details: stringMap(3, { ...METADATA, maxPairs: 50 }),
});

export interface ControlRequest {
  action?: number;
  metadata?: Record<string, string>;
  flow?: FlowControl;
  customAction?: string;
}

export const ControlRequest = message<ControlRequest>("ControlRequest", {
  action: scalar(1, "enum"),
  metadata: stringMap(2, METADATA),
  flow: nested(3, () => FlowControl),
  customAction: id(4),
});

export interface ControlResponse extends ControlRequest {
  error?: ControlError;
}

export const ControlResponse = message<ControlResponse>("ControlResponse", {
  action: scalar(1, "enum"),
  metadata: stringMap(2, METADATA),
  flow: nested(3, () => FlowControl),
  customAction: id(4),
  error: nested(5, () => ControlError),
});

/** google.protobuf.Value, ListValue and Struct: walked by the checks, decoded by struct.ts. */
const Value: MessageType<unknown> = message("Value", {
  null: scalar(1, "enum", undefined, { oneof: "kind" }),
  number: scalar(2, "double", undefined, { oneof: "kind" }),
  string: scalar(3, "string", undefined, { oneof: "kind" }),
  bool: scalar(4, "bool", undefined, { oneof: "kind" }),
  struct: nested(5, () => Struct, { oneof: "kind" }),
  list: nested(6, () => ListValue, { oneof: "kind" }),
});

const ListValue: MessageType<unknown> = message("ListValue", {
  values: nested(1, () => Value, { maxItems: Infinity }),
});

const StructField: MessageType<unknown> = message("Struct.FieldsEntry", {
  key: scalar(1, "string"),
  value: nested(2, () => Value),
});

export const Struct: MessageType<unknown> = message("Struct", {
  fields: nested(1, () => StructField, { maxItems: Infinity }),
});

const transports = { maxItems: 10 };
const frame = { oneof: "frame" };

/** A packet's parts as they lie on the wire; struct.ts and frames are decoded by whom they concern. */
export interface DataPacket {
  metadata?: Record<string, string>;
  /** google.protobuf.Struct, encoded. */
  payload?: Uint8Array;
  /** google.protobuf.Struct, encoded. */
  inputs?: Uint8Array;
  transports?: TransportDescriptor[];
  audio?: AudioFrame;
  video?: VideoFrame;
  binary?: BinaryFrame;
  envelope?: StreamEnvelope;
}

export const DataPacket = message<DataPacket>("DataPacket", {
  metadata: stringMap(1, METADATA),
  payload: nested(2, () => Struct),
  inputs: nested(3, () => Struct),
  transports: nested(4, () => TransportDescriptor, transports),
  audio: nested(5, () => AudioFrame, frame),
  video: nested(6, () => VideoFrame, frame),
  binary: nested(7, () => BinaryFrame, frame),
  envelope: nested(8, () => StreamEnvelope),
});

/** DataRequest and DataResponse: a DataPacket under other field numbers (retag.ts). */
export const DataMessage = message<DataPacket>("DataRequest", {
  audio: nested(1, () => AudioFrame, frame),
  video: nested(2, () => VideoFrame, frame),
  binary: nested(3, () => BinaryFrame, frame),
  metadata: stringMap(4, METADATA),
  payload: nested(5, () => Struct),
  inputs: nested(6, () => Struct),
  transports: nested(7, () => TransportDescriptor, transports),
  envelope: nested(8, () => StreamEnvelope),
});
