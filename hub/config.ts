import { ContractError } from "../contracts/contract_error.ts";
import { type ListenAddress, parseListenAddress } from "../contracts/listen_address.ts";
import {
  envDuration,
  envInteger,
  envText,
  type GetEnv,
  HUB_ENV,
  TLS_ENV,
} from "../contracts/transport/environment.ts";
import type { IdentityMode } from "./server/peer_identity.ts";
import type { HubOptions } from "./server/hub_options.ts";
import type { CertificatePaths } from "./tls/certificate_files.ts";
import { type Variable, variable } from "./variable.ts";

const OWN = {
  listen: "HUB_LISTEN_ADDR",
  http: "HUB_HTTP_LISTEN_ADDR",
  stories: "HUB_STORIES_FILE",
  namespace: "HUB_WATCH_NAMESPACE",
  endpoint: "HUB_ENDPOINT",
  identity: "HUB_IDENTITY",
  drain: "HUB_DRAIN_TIMEOUT",
  grace: "HUB_TERMINATION_GRACE",
  offloaded: "HUB_OFFLOADED_DATA_POLICY",
  materializer: "HUB_MATERIALIZE_ENGRAM",
  storage: "HUB_STORAGE_DIR",
  storageBytes: "HUB_STORAGE_MAX_BYTES",
  heartbeat: "HUB_HEARTBEAT_INTERVAL",
  reload: "HUB_CERT_RELOAD",
} as const;

const FILES = "/var/run/hub-tls";

/** Every setting, for `--help`. */
export const VARIABLES: readonly Variable[] = [
  variable(OWN.listen, ":9000", "Address of the gRPC server; its port wins over BUBU_HUB_PORT"),
  variable(HUB_ENV.port, "9000", "Port of the gRPC server"),
  variable(OWN.http, ":8081", "Address of health, metrics and introspection"),
  variable(
    OWN.stories,
    "none",
    "YAML file with Stories, StoryRuns, Transports, Engrams, EngramTemplates instead of a cluster's",
  ),
  variable(OWN.namespace, "all", "The only namespace whose runs are carried"),
  variable(
    OWN.endpoint,
    "none",
    "This hub's host:port as the operator pins runs to it; unset: it carries every run",
  ),
  variable(TLS_ENV.hubCertFile, `${FILES}/tls.crt`, "The hub's certificate"),
  variable(TLS_ENV.hubKeyFile, `${FILES}/tls.key`, "Its private key"),
  variable(
    TLS_ENV.hubCaFile,
    `${FILES}/ca.crt`,
    "Authority that connectors' certificates come from",
  ),
  variable(OWN.reload, "10s", "How often the certificate files are looked at"),
  variable(
    OWN.identity,
    "enforce",
    "enforce: a certificate must name its step or namespace; report: only log when it does not",
  ),
  variable(HUB_ENV.maxActiveStreams, "2000", "Open streams"),
  variable(HUB_ENV.maxBuffers, "1000", "Steps that packets wait for while nobody is connected"),
  variable(HUB_ENV.maxDownstreams, "64", "Steps that one packet goes to, whatever a Story says"),
  variable(HUB_ENV.bufferMaxMessages, "100", "Messages that wait for a step unless a Story says"),
  variable(HUB_ENV.bufferMaxBytes, "10485760", "Bytes that wait for a step unless a Story says"),
  variable(HUB_ENV.bufferEvictionTtl, "10m", "A run that nobody uses for this long is forgotten"),
  variable(
    OWN.offloaded,
    "error",
    "A block reads data in storage: error: a dead letter; inject: an engram fetches them",
  ),
  variable(OWN.materializer, "bubu-materialize", "The engram that fetches them"),
  variable(OWN.storage, "none", "Folder that durable replay and recordings are kept in"),
  variable(OWN.storageBytes, "1073741824", "Bytes of durable replay kept there, of all steps"),
  variable(OWN.grace, "30s", "A run whose streams are all gone for this long is terminated"),
  variable(HUB_ENV.joinCacheTtl, "2m", "How long a join waits unless a Story says"),
  variable(HUB_ENV.joinCacheMaxEntries, "1000", "Joins that wait at a time, of one step"),
  variable(OWN.heartbeat, "10s", "How often every stream gets a sign of life"),
  variable(OWN.drain, "15s", "At the end, how long packets may still be delivered"),
];

/** What the hub is told at its start. Times are milliseconds. */
export interface HubConfig {
  readonly listen: ListenAddress;
  readonly http: ListenAddress;
  /** Undefined: the cluster's own. */
  readonly storiesFile: string | undefined;
  /** One namespace; all of them when undefined. */
  readonly namespace: string | undefined;
  /** What runs are pinned to that this hub carries; undefined: it carries all. */
  readonly endpoint: string | undefined;
  readonly certificates: CertificatePaths;
  readonly certReload: number;
  readonly identity: IdentityMode;
  readonly limits: HubOptions["limits"];
  readonly heartbeat: number;
  readonly drain: number;
  readonly terminationGrace: number;
  /** The engram that fetches stored data; absent: a block that reads some fails. */
  readonly materializer?: string;
  /** Absent: nothing outlives the process. */
  readonly storage?: { readonly folder: string; readonly maxBytes: number };
}

/**
 * Reads the environment.
 *
 * @throws {ContractError} naming the variable that is missing or wrong
 */
export function readHubConfig(env: GetEnv): HubConfig {
  const text = (name: string, fallback: string) => envText(env, name) ?? fallback;
  const port = envInteger(env, HUB_ENV.port, 9000, { max: 65_535 });
  const identity = text(OWN.identity, "enforce");
  if (identity !== "enforce" && identity !== "report") {
    throw new ContractError(`${OWN.identity} must be enforce or report, not "${identity}"`);
  }
  const count = (name: string, fallback: number) => envInteger(env, name, fallback, { min: 1 });
  const offloaded = text(OWN.offloaded, "error");
  if (offloaded !== "error" && offloaded !== "inject") {
    throw new ContractError(`${OWN.offloaded} must be error or inject, not "${offloaded}"`);
  }
  const materializer = text(OWN.materializer, "bubu-materialize");
  const folder = envText(env, OWN.storage);
  const storageBytes = count(OWN.storageBytes, 1024 * 1024 * 1024);
  return {
    listen: parseListenAddress(text(OWN.listen, `:${port}`)),
    http: parseListenAddress(text(OWN.http, ":8081")),
    storiesFile: envText(env, OWN.stories),
    namespace: envText(env, OWN.namespace),
    endpoint: envText(env, OWN.endpoint),
    certificates: {
      certificate: text(TLS_ENV.hubCertFile, `${FILES}/tls.crt`),
      key: text(TLS_ENV.hubKeyFile, `${FILES}/tls.key`),
      authority: text(TLS_ENV.hubCaFile, `${FILES}/ca.crt`),
    },
    certReload: envDuration(env, OWN.reload, 10_000),
    identity,
    limits: {
      maxStreams: count(HUB_ENV.maxActiveStreams, 2_000),
      maxBuffers: count(HUB_ENV.maxBuffers, 1_000),
      maxDownstreams: count(HUB_ENV.maxDownstreams, 64),
      bufferMaxMessages: count(HUB_ENV.bufferMaxMessages, 100),
      bufferMaxBytes: count(HUB_ENV.bufferMaxBytes, 10 * 1024 * 1024),
      evictionTtl: envDuration(env, HUB_ENV.bufferEvictionTtl, 600_000),
      joinTtl: envDuration(env, HUB_ENV.joinCacheTtl, 120_000),
      joinMaxEntries: count(HUB_ENV.joinCacheMaxEntries, 1_000),
    },
    heartbeat: envDuration(env, OWN.heartbeat, 10_000),
    drain: envDuration(env, OWN.drain, 15_000),
    terminationGrace: envDuration(env, OWN.grace, 30_000),
    ...(offloaded === "inject" ? { materializer } : {}),
    ...(folder === undefined ? {} : { storage: { folder, maxBytes: storageBytes } }),
  };
}
