import { ContractError } from "../contract_error.ts";
import { parseDuration } from "../duration.ts";

/** Looks a variable up; an unset one is undefined. */
export type GetEnv = (name: string) => string | undefined;

/** Environment of connector and SDK: who they are and what they talk to. */
export const CONNECTOR_ENV = {
  executionMode: "BUBU_EXECUTION_MODE",
  transportBinding: "BUBU_TRANSPORT_BINDING",
  engramName: "BUBU_ENGRAM_NAME",
  storyName: "BUBU_STORY_NAME",
  stepName: "BUBU_STEP_NAME",
  storyRunId: "BUBU_STORYRUN_ID",
  stepRunName: "BUBU_STEPRUN_NAME",
  stepRunNamespace: "BUBU_STEPRUN_NAMESPACE",
  podNamespace: "BUBU_POD_NAMESPACE",
  podName: "BUBU_POD_NAME",
  connectorGeneration: "BUBU_CONNECTOR_GENERATION",
  hubEndpoint: "BUBU_HUB_ENDPOINT",
  grpcPort: "BUBU_GRPC_PORT",
  grpcLocalEndpoint: "BUBU_GRPC_LOCAL_ENDPOINT",
  transports: "BUBU_TRANSPORTS",
  transportDriver: "BUBU_TRANSPORT_DRIVER",
  transportEndpoint: "BUBU_TRANSPORT_ENDPOINT",
  transportAudioCodecs: "BUBU_TRANSPORT_AUDIO_CODECS",
  transportVideoCodecs: "BUBU_TRANSPORT_VIDEO_CODECS",
  transportBinaryTypes: "BUBU_TRANSPORT_BINARY_TYPES",
  transportHeartbeatInterval: "BUBU_TRANSPORT_HEARTBEAT_INTERVAL",
  transportSecurityMode: "BUBU_TRANSPORT_SECURITY_MODE",
  debug: "BUBU_DEBUG",
  tracePropagation: "BUBU_TRACE_PROPAGATION",
} as const;

/** gRPC sizes and times of connector and SDK. */
export const GRPC_ENV = {
  maxRecvBytes: "BUBU_GRPC_MAX_RECV_BYTES",
  maxSendBytes: "BUBU_GRPC_MAX_SEND_BYTES",
  clientMaxRecvBytes: "BUBU_GRPC_CLIENT_MAX_RECV_BYTES",
  clientMaxSendBytes: "BUBU_GRPC_CLIENT_MAX_SEND_BYTES",
  dialTimeout: "BUBU_GRPC_DIAL_TIMEOUT",
  hubDialTimeout: "BUBU_GRPC_HUB_DIAL_TIMEOUT",
  streamTimeout: "BUBU_GRPC_STREAM_TIMEOUT",
  channelBufferSize: "BUBU_GRPC_CHANNEL_BUFFER_SIZE",
  channelSendTimeout: "BUBU_GRPC_CHANNEL_SEND_TIMEOUT",
  messageTimeout: "BUBU_GRPC_MESSAGE_TIMEOUT",
  hangTimeout: "BUBU_GRPC_HANG_TIMEOUT",
  gracefulShutdownTimeout: "BUBU_GRPC_GRACEFUL_SHUTDOWN_TIMEOUT",
  heartbeatInterval: "BUBU_GRPC_HEARTBEAT_INTERVAL",
  keepaliveTime: "BUBU_GRPC_KEEPALIVE_TIME",
  keepaliveTimeout: "BUBU_GRPC_KEEPALIVE_TIMEOUT",
  reconnectMaxRetries: "BUBU_GRPC_RECONNECT_MAX_RETRIES",
  reconnectBaseBackoff: "BUBU_GRPC_RECONNECT_BASE_BACKOFF",
  reconnectMaxBackoff: "BUBU_GRPC_RECONNECT_MAX_BACKOFF",
} as const;

/** Files and names of certificates. */
export const TLS_ENV = {
  clientCertFile: "BUBU_GRPC_CLIENT_CERT_FILE",
  clientKeyFile: "BUBU_GRPC_CLIENT_KEY_FILE",
  caFile: "BUBU_GRPC_CA_FILE",
  hubServerName: "BUBU_GRPC_HUB_SERVER_NAME",
  certFile: "BUBU_GRPC_TLS_CERT_FILE",
  keyFile: "BUBU_GRPC_TLS_KEY_FILE",
  requireTls: "BUBU_GRPC_REQUIRE_TLS",
  clientTlsSecretName: "BUBU_GRPC_CLIENT_TLS_SECRET_NAME",
  hubCertFile: "BUBU_HUB_TLS_CERT_FILE",
  hubKeyFile: "BUBU_HUB_TLS_KEY_FILE",
  hubCaFile: "BUBU_HUB_CA_FILE",
} as const;

/** Environment of the hub. */
export const HUB_ENV = {
  endpoint: "BUBU_HUB_ENDPOINT",
  serviceName: "BUBU_HUB_SERVICE_NAME",
  serviceNamespace: "BUBU_HUB_SERVICE_NAMESPACE",
  clusterDomain: "BUBU_HUB_CLUSTER_DOMAIN",
  port: "BUBU_HUB_PORT",
  bufferMaxMessages: "BUBU_HUB_BUFFER_MAX_MESSAGES",
  bufferMaxBytes: "BUBU_HUB_BUFFER_MAX_BYTES",
  bufferEvictionTtl: "BUBU_HUB_BUFFER_EVICTION_TTL",
  bufferEvictionInterval: "BUBU_HUB_BUFFER_EVICTION_INTERVAL",
  bufferFlushInterval: "BUBU_HUB_BUFFER_FLUSH_INTERVAL",
  perMessageTimeout: "BUBU_HUB_PER_MESSAGE_TIMEOUT",
  joinCacheTtl: "BUBU_HUB_JOIN_CACHE_TTL",
  joinCacheMaxEntries: "BUBU_HUB_JOIN_CACHE_MAX_ENTRIES",
  maxActiveStreams: "BUBU_HUB_MAX_ACTIVE_STREAMS",
  maxBuffers: "BUBU_HUB_MAX_BUFFERS",
  maxDownstreams: "BUBU_HUB_MAX_DOWNSTREAMS",
  storyCacheTtl: "BOBRAVOZ_HUB_STORY_CACHE_TTL",
  p2pHeartbeatInterval: "BOBRAVOZ_P2P_HEARTBEAT_INTERVAL",
} as const;

/** The trimmed value, or undefined when the variable is unset or blank. */
export function envText(env: GetEnv, name: string): string | undefined {
  const text = env(name)?.trim();
  return text === undefined || text === "" ? undefined : text;
}

/** @throws {ContractError} when the variable is unset or blank */
export function envRequired(env: GetEnv, name: string): string {
  const text = envText(env, name);
  if (text === undefined) throw new ContractError(`${name} is required`);
  return text;
}

/**
 * A Go duration in milliseconds; a bare number counts as no duration, as in the original.
 *
 * @throws {ContractError} when it is no duration
 */
export function envDuration(env: GetEnv, name: string, fallback: number): number {
  const text = envText(env, name);
  if (text === undefined) return fallback;
  const value = parseDuration(text);
  if (value === undefined) {
    throw new ContractError(
      `${name} must be a duration such as 500ms or 1m30s, not ${quote(text)}`,
    );
  }
  return value;
}

/**
 * An integer in decimal.
 *
 * @throws {ContractError} when it is no integer or outside of the range
 */
export function envInteger(
  env: GetEnv,
  name: string,
  fallback: number,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): number {
  const text = envText(env, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || value < min || value > max) {
    throw new ContractError(
      `${name} must be an integer from ${min} to ${max}, not ${quote(text)}`,
    );
  }
  return value;
}

/**
 * A boolean as Go's `strconv.ParseBool` reads it.
 *
 * @throws {ContractError} when it is none
 */
export function envBoolean(env: GetEnv, name: string, fallback: boolean): boolean {
  const text = envText(env, name);
  if (text === undefined) return fallback;
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  throw new ContractError(`${name} must be true or false, not ${quote(text)}`);
}

/** A list of texts between commas; blank entries are left out. */
export function envList(env: GetEnv, name: string): string[] {
  return (env(name) ?? "").split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
}

/** Where a gRPC server listens, or what a client dials. */
export type Endpoint =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/**
 * Reads `host:port`, a bare port (loopback), `[v6]:port` or `unix:///path`.
 *
 * @throws {ContractError} naming the variable or field that `what` stands for
 */
export function parseEndpoint(text: string, what: string): Endpoint {
  const value = text.trim();
  const unix = /^unix:(?:\/\/)?(\/.+)$/.exec(value);
  if (unix?.[1] !== undefined) return { kind: "unix", path: unix[1] };
  const tcp = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]/\s]*):)?(\d{1,5})$/.exec(value);
  const port = Number(tcp?.[2]);
  if (tcp === null || port < 1 || port > 65_535) {
    throw new ContractError(
      `${what} must be host:port, a port or unix:///path, not ${quote(text)}`,
    );
  }
  return { kind: "tcp", host: (tcp[1] ?? "").replace(/^\[|\]$/g, "") || "127.0.0.1", port };
}

/** Whether traffic to an endpoint stays on this machine, where the SDK speaks plain text. */
export function isLoopback(endpoint: Endpoint): boolean {
  return endpoint.kind === "unix" || endpoint.host === "localhost" || endpoint.host === "::1" ||
    /^127\.\d+\.\d+\.\d+$/.test(endpoint.host);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 63)}…` : text);
}
