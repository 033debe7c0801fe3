import {
  envDuration,
  envInteger,
  type GetEnv,
  GRPC_ENV,
} from "../../contracts/transport/environment.ts";
import { type Variable, variable } from "../variable.ts";
import { MAX_MESSAGE_BYTES } from "../grpc/services.ts";

/** What gRPC is told of sizes and pings; milliseconds and bytes. */
export interface ChannelOptions {
  readonly "grpc.max_receive_message_length": number;
  readonly "grpc.max_send_message_length": number;
  readonly "grpc.keepalive_time_ms": number;
  readonly "grpc.keepalive_timeout_ms": number;
}

/** Sizes, pings and patience. Times are milliseconds. */
export interface GrpcConfig {
  /** Of what listens here: for the engram and for peers. */
  readonly server: ChannelOptions;
  /** Of the leg to the hub or the peer. */
  readonly client: ChannelOptions;
  /** How long an engram may say nothing on its Data stream; 0: for ever. */
  readonly messageTimeout: number;
  /** How long nothing at all may happen before the process gives itself up; 0: for ever. */
  readonly hangTimeout: number;
  /** How long a packet may wait at a full buffer in best effort; 0: for ever. */
  readonly sendTimeout: number;
}

/** Frames of ours are up to 256 KiB and one packet: with less room than this nothing would pass. */
const MIN_MESSAGE_BYTES = 1024 * 1024;
const MAX_INT32 = 2 ** 31 - 1;
/** Servers in Go end connections that ping more often. */
const MIN_KEEPALIVE = 5_000;
/** Less would be a verdict on a turn of somebody's event loop. */
const MIN_KEEPALIVE_TIMEOUT = 1_000;

export const GRPC_VARIABLES: readonly Variable[] = [
  variable(
    GRPC_ENV.maxRecvBytes,
    "10485760",
    "Largest message of engram and peers; 1 MiB at least",
  ),
  variable(GRPC_ENV.maxSendBytes, "10485760", "Largest message to them"),
  variable(GRPC_ENV.clientMaxRecvBytes, "10485760", "Largest message of the hub; 1 MiB at least"),
  variable(GRPC_ENV.clientMaxSendBytes, "10485760", "Largest message to the hub or the next peer"),
  variable(GRPC_ENV.keepaliveTime, "30s", "How often a silent connection is pinged; 5s at least"),
  variable(GRPC_ENV.keepaliveTimeout, "10s", "How long the answer may take; 1s at least"),
  variable(
    GRPC_ENV.messageTimeout,
    "30s",
    "An engram that says nothing for so long has to come anew; 0: never",
  ),
  variable(GRPC_ENV.hangTimeout, "0s", "When nothing moves for so long the process ends; 0: never"),
  variable(
    GRPC_ENV.channelSendTimeout,
    "0s",
    "Best effort: how long a packet waits at a full buffer before it is dropped; 0: it waits",
  ),
];

/** @throws {ContractError} naming the variable that is wrong */
export function readGrpcConfig(env: GetEnv): GrpcConfig {
  const bytes = (name: string) =>
    Math.max(envInteger(env, name, MAX_MESSAGE_BYTES, { max: MAX_INT32 }), MIN_MESSAGE_BYTES);
  const keepalive = {
    "grpc.keepalive_time_ms": Math.max(
      envDuration(env, GRPC_ENV.keepaliveTime, 30_000),
      MIN_KEEPALIVE,
    ),
    "grpc.keepalive_timeout_ms": Math.max(
      envDuration(env, GRPC_ENV.keepaliveTimeout, 10_000),
      MIN_KEEPALIVE_TIMEOUT,
    ),
  };
  return {
    server: {
      "grpc.max_receive_message_length": bytes(GRPC_ENV.maxRecvBytes),
      "grpc.max_send_message_length": bytes(GRPC_ENV.maxSendBytes),
      ...keepalive,
    },
    client: {
      "grpc.max_receive_message_length": bytes(GRPC_ENV.clientMaxRecvBytes),
      "grpc.max_send_message_length": bytes(GRPC_ENV.clientMaxSendBytes),
      ...keepalive,
    },
    messageTimeout: envDuration(env, GRPC_ENV.messageTimeout, 30_000),
    hangTimeout: envDuration(env, GRPC_ENV.hangTimeout, 0),
    sendTimeout: envDuration(env, GRPC_ENV.channelSendTimeout, 0),
  };
}
