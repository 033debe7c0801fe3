import { ContractError } from "../../contracts/contract_error.ts";
import {
  type BindingEnvelope,
  readBindingEnvelope,
} from "../../contracts/transport/binding_envelope.ts";
import {
  CONNECTOR_ENV,
  type Endpoint,
  envBoolean,
  envDuration,
  envInteger,
  envList,
  envRequired,
  envText,
  type GetEnv,
  GRPC_ENV,
  HUB_ENV,
  isLoopback,
  parseEndpoint,
  TLS_ENV,
} from "../../contracts/transport/environment.ts";
import { type ListenAddress, parseListenAddress } from "../../contracts/listen_address.ts";
import type { RoutingMode } from "../../contracts/transport/topology.ts";
import { parse } from "../../contracts/transport/parse.ts";
import { streamingSettingsSchema } from "../../contracts/transport/streaming_settings.ts";
import { type Variable, variable } from "../variable.ts";
import type { IdentityMode } from "../server/peer_identity.ts";
import type { CertificatePaths } from "../tls/certificate_files.ts";
import type { BackoffSettings } from "./backoff.ts";
import { GRPC_VARIABLES, type GrpcConfig, readGrpcConfig } from "./grpc_config.ts";
import { SDK_RECEIPTS } from "./inbox.ts";
import { type LegPolicies, legPolicies } from "./leg_policies.ts";
import { isStepOf } from "./peer_name.ts";

const OWN = {
  http: "CONNECTOR_HTTP_LISTEN_ADDR",
  reports: "CONNECTOR_REPORTS",
  routing: "CONNECTOR_ROUTING",
  peerListen: "CONNECTOR_PEER_LISTEN_ADDR",
  peerSteps: "CONNECTOR_PEER_STEPS",
  identity: "CONNECTOR_IDENTITY",
  reload: "CONNECTOR_CERT_RELOAD",
  maxMessages: "CONNECTOR_BUFFER_MAX_MESSAGES",
  maxBytes: "CONNECTOR_BUFFER_MAX_BYTES",
} as const;

/** Each report is two requests: what is less would only load the API server. */
const MIN_REPORT_INTERVAL = 1_000;
const MAX_INT32 = 2 ** 31 - 1;
/** The pod's network is the engram's, too: a port that it will hardly want for itself. */
const DEFAULT_HTTP = ":15051";

/** Every setting, for `--help`. */
export const VARIABLES: readonly Variable[] = [
  variable(CONNECTOR_ENV.transportBinding, "required", "The step's transport, as JSON"),
  variable(
    CONNECTOR_ENV.hubEndpoint,
    "required",
    "host:port of the hub, or of the step after this one; a name",
  ),
  variable(CONNECTOR_ENV.storyRunId, "required", "Name of the StoryRun"),
  variable(CONNECTOR_ENV.podNamespace, "required", "Its namespace"),
  variable(CONNECTOR_ENV.stepName, "required", "Name of the step"),
  variable(CONNECTOR_ENV.connectorGeneration, "required", "Which one of the step, from 1"),
  variable(TLS_ENV.clientCertFile, "required", "The connector's certificate"),
  variable(TLS_ENV.clientKeyFile, "required", "Its private key"),
  variable(TLS_ENV.caFile, "required", "Authority that the hub's certificate comes from"),
  variable(
    TLS_ENV.hubServerName,
    "the endpoint's",
    "Name that the hub's certificate must have; a peer's only with CONNECTOR_ROUTING=p2p",
  ),
  variable(CONNECTOR_ENV.grpcPort, "50051", "Port on loopback for the engram"),
  variable(CONNECTOR_ENV.grpcLocalEndpoint, "the port", "Where the engram comes instead: loopback"),
  variable(OWN.maxMessages, "1000", "Packets that may wait, for the hub and for the engram each"),
  variable(OWN.maxBytes, "33554432", "Bytes that may wait, for the hub and for the engram each"),
  variable(
    OWN.routing,
    "auto",
    "What the endpoint is: hub, p2p (a step's connector), or auto: p2p when it is named as one",
  ),
  variable(
    OWN.peerListen,
    "pod",
    "Where steps before this one connect: pod, host:port, or off; pod is each address of the " +
      "machine but loopback, with the port of the engram",
  ),
  variable(OWN.peerSteps, "all", "Steps of the run that may connect, between commas"),
  variable(TLS_ENV.certFile, "the client's", "Certificate for them"),
  variable(TLS_ENV.keyFile, "the client's", "Its private key"),
  variable(OWN.reload, "10s", "How often its files are looked at"),
  variable(
    OWN.identity,
    "enforce",
    "enforce: their certificates must name their step or namespace; report: only log it",
  ),
  variable(HUB_ENV.p2pHeartbeatInterval, "10s", "How often they get a sign of life"),
  variable(
    OWN.http,
    DEFAULT_HTTP,
    "Address of health, metrics and introspection; off: none",
  ),
  variable(
    OWN.reports,
    "true",
    "Tell the TransportBinding that the connector is there, where a cluster is known",
  ),
  variable(CONNECTOR_ENV.transportHeartbeatInterval, "30s", "How often it is told anew"),
  variable(
    GRPC_ENV.channelBufferSize,
    String(SDK_RECEIPTS),
    "The engram's: receipts that its SDK has room for",
  ),
  variable(GRPC_ENV.hubDialTimeout, "10s", "How long one attempt to reach the hub may take"),
  variable(GRPC_ENV.reconnectBaseBackoff, "1s", "First wait before the hub is tried again"),
  variable(GRPC_ENV.reconnectMaxBackoff, "30s", "Longest wait"),
  variable(
    GRPC_ENV.reconnectMaxRetries,
    "200",
    "Failures in a row that end the process; below 0: none",
  ),
  variable(GRPC_ENV.gracefulShutdownTimeout, "10s", "At the end, time for what waits for the hub"),
  ...GRPC_VARIABLES,
];

/** What the connector is told at its start. Times are milliseconds. */
export interface ConnectorConfig {
  readonly binding: BindingEnvelope;
  readonly hub: string;
  readonly hubServerName: string | undefined;
  readonly local: Endpoint;
  readonly identity: {
    readonly namespace: string;
    readonly storyRun: string;
    readonly step: string;
    readonly generation: number;
  };
  readonly certificates: CertificatePaths;
  /** `optional`: nobody asked for it, so that it gives way when the port is taken. */
  readonly http: (ListenAddress & { readonly optional: boolean }) | undefined;
  /** Milliseconds between reports to the TransportBinding; undefined: none. */
  readonly reportInterval: number | undefined;
  /** Whether packets go to a hub, or straight to the connector of the step after this one. */
  readonly routing: RoutingMode;
  /** Undefined when no step before this one may connect. */
  readonly peers: PeerConfig | undefined;
  readonly policies: LegPolicies;
  readonly grpc: GrpcConfig;
  readonly dialTimeout: number;
  readonly backoff: BackoffSettings;
  readonly drain: number;
}

/** How steps before this one connect. Times are milliseconds. */
export interface PeerConfig {
  /** Without a name: on each address of the machine but loopback. */
  readonly listen: { readonly hostname?: string; readonly port: number };
  /** Undefined: every other step of the run. */
  readonly steps: ReadonlySet<string> | undefined;
  readonly certificates: CertificatePaths;
  readonly certReload: number;
  readonly identity: IdentityMode;
  readonly heartbeat: number;
}

/**
 * Reads the environment.
 *
 * @throws {ContractError} naming the variable that is missing or wrong
 */
export function readConnectorConfig(env: GetEnv): ConnectorConfig {
  const namespace = envRequired(env, CONNECTOR_ENV.podNamespace);
  const binding = readBindingEnvelope(envRequired(env, CONNECTOR_ENV.transportBinding), namespace);
  const hub = envRequired(env, CONNECTOR_ENV.hubEndpoint);
  parseEndpoint(hub, CONNECTOR_ENV.hubEndpoint);
  const port = envInteger(env, CONNECTOR_ENV.grpcPort, 50_051, { min: 1, max: 65_535 });
  const said = envText(env, CONNECTOR_ENV.grpcLocalEndpoint);
  const local = parseEndpoint(said ?? String(port), CONNECTOR_ENV.grpcLocalEndpoint);
  if (!isLoopback(local)) {
    throw new ContractError(
      `${CONNECTOR_ENV.grpcLocalEndpoint} must be on loopback: the engram is spoken to in plain text`,
    );
  }
  const settings = binding.binding.settings === undefined
    ? undefined
    : parse(streamingSettingsSchema, binding.binding.settings, "the binding's settings");
  const storyRun = envRequired(env, CONNECTOR_ENV.storyRunId);
  const certificates = {
    certificate: envRequired(env, TLS_ENV.clientCertFile),
    key: envRequired(env, TLS_ENV.clientKeyFile),
    authority: envRequired(env, TLS_ENV.caFile),
  };
  const reports = envBoolean(env, OWN.reports, true);
  const interval = envDuration(env, CONNECTOR_ENV.transportHeartbeatInterval, 30_000);
  const routing = readRouting(env, hub, namespace, storyRun);
  return {
    binding,
    hub,
    // A peer that is dialled by its Service's name has that name, whatever the hub's is.
    hubServerName: routing === "p2p" && envText(env, OWN.routing) !== "p2p"
      ? undefined
      : envText(env, TLS_ENV.hubServerName),
    local,
    http: readHttp(envText(env, OWN.http)),
    reportInterval: reports ? Math.max(interval, MIN_REPORT_INTERVAL) : undefined,
    routing,
    peers: readPeers(env, port, certificates),
    identity: {
      namespace,
      storyRun,
      step: envRequired(env, CONNECTOR_ENV.stepName),
      generation: envInteger(
        env,
        CONNECTOR_ENV.connectorGeneration,
        // Not set is as wrong as 0: there is no generation to fall back to.
        Number(envRequired(env, CONNECTOR_ENV.connectorGeneration)),
        { min: 1, max: MAX_INT32 },
      ),
    },
    certificates,
    policies: legPolicies(settings, {
      maxMessages: envInteger(env, OWN.maxMessages, 1_000, { min: 1 }),
      maxBytes: envInteger(env, OWN.maxBytes, 32 * 1024 * 1024, { min: 1 }),
      receipts: envInteger(env, GRPC_ENV.channelBufferSize, SDK_RECEIPTS, { min: 1 }),
    }, routing),
    grpc: readGrpcConfig(env),
    dialTimeout: envDuration(env, GRPC_ENV.hubDialTimeout, 10_000),
    backoff: {
      base: envDuration(env, GRPC_ENV.reconnectBaseBackoff, 1_000),
      max: envDuration(env, GRPC_ENV.reconnectMaxBackoff, 30_000),
      retries: envInteger(env, GRPC_ENV.reconnectMaxRetries, 200, { min: -1 }),
    },
    drain: envDuration(env, GRPC_ENV.gracefulShutdownTimeout, 10_000),
  };
}

function readRouting(
  env: GetEnv,
  endpoint: string,
  namespace: string,
  storyRun: string,
): RoutingMode {
  const said = envText(env, OWN.routing) ?? "auto";
  if (said === "hub" || said === "p2p") return said;
  if (said !== "auto") {
    throw new ContractError(`${OWN.routing} must be auto, hub or p2p, not "${said}"`);
  }
  return isStepOf(endpoint, namespace, storyRun) ? "p2p" : "hub";
}

function readHttp(said: string | undefined): ConnectorConfig["http"] {
  if (said === "off") return undefined;
  return { ...listenAddress(OWN.http, said ?? DEFAULT_HTTP), optional: said === undefined };
}

function readPeers(
  env: GetEnv,
  port: number,
  client: CertificatePaths,
): PeerConfig | undefined {
  const listen = envText(env, OWN.peerListen) ?? "pod";
  const steps = envList(env, OWN.peerSteps);
  const identity = envText(env, OWN.identity) ?? "enforce";
  if (identity !== "enforce" && identity !== "report") {
    throw new ContractError(`${OWN.identity} must be enforce or report, not "${identity}"`);
  }
  const peers = {
    listen: listen === "pod" || listen === "off" ? { port } : listenAddress(OWN.peerListen, listen),
    steps: steps.length === 0 ? undefined : new Set(steps),
    certificates: {
      certificate: envText(env, TLS_ENV.certFile) ?? client.certificate,
      key: envText(env, TLS_ENV.keyFile) ?? client.key,
      authority: client.authority,
    },
    certReload: envDuration(env, OWN.reload, 10_000),
    identity,
    heartbeat: envDuration(env, HUB_ENV.p2pHeartbeatInterval, 10_000),
  } as const;
  return listen === "off" ? undefined : peers;
}

function listenAddress(name: string, text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch (cause) {
    throw new ContractError(`${name}: ${(cause as Error).message}`, { cause });
  }
}
