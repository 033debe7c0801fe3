import { Buffer } from "node:buffer";
import type { ServiceDefinition } from "@grpc/grpc-js";

/**
 * The services of `transport/v1/*.proto` for grpc-js. Messages pass as bytes: the codec is called
 * where a fault in them can be answered with the right status, which grpc-js would make INTERNAL.
 */
const asBytes = (message: Uint8Array): Buffer =>
  Buffer.from(message.buffer, message.byteOffset, message.byteLength);
const fromBytes = (message: Buffer): Uint8Array => message;

function stream(path: string) {
  return {
    path,
    requestStream: true as const,
    responseStream: true as const,
    requestSerialize: asBytes,
    requestDeserialize: fromBytes,
    responseSerialize: asBytes,
    responseDeserialize: fromBytes,
  };
}

export const HUB_SERVICE = {
  Process: stream("/transport.v1.HubService/Process"),
} satisfies ServiceDefinition;

export const CONNECTOR_SERVICE = {
  Data: stream("/transport.v1.TransportConnectorService/Data"),
  Control: stream("/transport.v1.TransportConnectorService/Control"),
} satisfies ServiceDefinition;

/** Bytes of one gRPC message either way. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

/** Options of both ends: sizes, and pings that find a peer that is gone without a word. */
export const CHANNEL_OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
} as const;
