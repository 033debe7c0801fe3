/**
 * What a message of `transport.v1` may hold. The SDK checks every message that it sends or gets and
 * drops its session on the first that breaks a rule, so nothing beyond these leaves a hub or
 * connector. Lengths of text are in characters (Unicode code points), as protovalidate counts.
 */
export const MESSAGE_LIMITS = {
  metadataPairs: 100,
  metadataKey: 128,
  metadataValue: 1_024,
  transports: 10,
  frameBytes: 10 * 1024 * 1024,
  codec: 32,
  mimeType: 255,
  sampleRateHz: { min: 8_000, max: 192_000 },
  channels: { min: 1, max: 8 },
  videoEdge: 16_384,
  streamId: 128,
  partition: 128,
  chunkId: 128,
  chunkCount: 256,
  chunkBytes: 10 * 1024 * 1024,
  totalBytes: 64 * 1024 * 1024,
  partitionAcks: 256,
  customAction: 128,
  controlErrorMessage: 2_048,
  controlErrorDetails: 50,
  descriptorName: 128,
  transportRef: 253,
  modeReason: 512,
  endpoint: 2_048,
  codecs: 32,
  bindingCodec: 64,
  binaryTypes: 32,
  bindingPayloadBytes: 1024 * 1024,
  protocolVersion: 128,
} as const;
