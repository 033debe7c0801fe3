import { ContractError } from "../contracts/contract_error.ts";
import { parseDuration } from "../contracts/duration.ts";
import { idSchema } from "../contracts/flow.ts";
import { type ListenAddress, parseListenAddress } from "../contracts/listen_address.ts";

/** How Flux conditions become a status: by what Flux means, or by the original's table. */
export type StatusMapping = "flux" | "seed";

/** Which namespaces are watched. */
export type NamespaceFilter = "all" | readonly [string, ...string[]];

/** Everything that the adapter has to be told. Lengths of time are milliseconds. */
export interface AdapterConfig {
  /** Base URL of the flow router, without a trailing slash. */
  readonly flowServerUrl: string;
  readonly flowId: string;
  readonly regionKey: string;
  readonly namespaces: NamespaceFilter;
  /** Shortest time between two rounds of posts. */
  readonly emitInterval: number;
  /** Longest time that one request to the router may take. */
  readonly postTimeout: number;
  /** Where `/healthz` and `/readyz` are served; nowhere when absent. */
  readonly healthListenAddr?: ListenAddress;
  readonly statusMapping: StatusMapping;
  /** Path of a file with the bearer token for the router. */
  readonly flowTokenFile?: string;
}

/** One row of the environment table. */
export interface Variable {
  readonly name: string;
  readonly default?: string;
  readonly required: boolean;
  readonly purpose: string;
}

/** The environment table, as `--help` and the README show it. */
export const VARIABLES: readonly Variable[] = [
  {
    name: "FLOW_SERVER_URL",
    required: true,
    purpose: "Base URL of the flow router (http or https)",
  },
  { name: "FLOW_ID", required: true, purpose: "Id of the flow that this adapter reports to" },
  {
    name: "REGION_KEY",
    required: true,
    purpose: 'Region of this cluster, such as "fsn1"; the first part of every node id',
  },
  {
    name: "NAMESPACE_FILTER",
    default: "flux-system",
    required: false,
    purpose: "Namespaces to watch, separated by commas; * for all",
  },
  {
    name: "EMIT_INTERVAL",
    default: "200ms",
    required: false,
    purpose: "Shortest time between two rounds of posts; what changes meanwhile is merged",
  },
  {
    name: "POST_TIMEOUT",
    default: "10s",
    required: false,
    purpose: "Longest time that one request to the router may take",
  },
  {
    name: "HEALTH_LISTEN_ADDR",
    default: ":8081",
    required: false,
    purpose: "Where /healthz and /readyz are served, as [host]:port",
  },
  {
    name: "STATUS_MAPPING",
    default: "flux",
    required: false,
    purpose: "flux: by what today's Flux means; seed: by the original's eight rows, to the letter",
  },
  {
    name: "KUBECONFIG",
    required: false,
    purpose: "kubeconfig file; when unset, the pod's service account, then ~/.kube/config",
  },
  {
    name: "FLOW_TOKEN_FILE",
    required: false,
    purpose: "File with a bearer token for the router, read anew for each request",
  },
];

/** The settings cannot be used. The message has one line a problem, each naming its variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "config";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/**
 * Reads the settings, except KUBECONFIG, which is `kube/`'s to read. An empty value counts as unset, as in the original.
 *
 * @param env gives the value of one environment variable
 * @throws {ConfigError} naming every variable that is missing or wrong, and what it should be
 */
export function parseConfig(env: (name: string) => string | undefined): AdapterConfig {
  const problems: string[] = [];

  function read<T>(name: string, expected: string, parse: (text: string) => T | undefined): T {
    const variable = VARIABLES.find((row) => row.name === name);
    const text = env(name)?.trim() || variable?.default;
    const value = text === undefined ? undefined : parse(text);
    if (value === undefined) {
      problems.push(
        text === undefined
          ? `${name} is required: ${expected}`
          : `${name} must be ${expected}, not ${quote(name, text)}`,
      );
    }
    // Only ever returned to the caller when there is no problem.
    return value as T;
  }

  const flowTokenFile = env("FLOW_TOKEN_FILE")?.trim() || undefined;
  const config: AdapterConfig = {
    flowServerUrl: read("FLOW_SERVER_URL", URL_EXPECTED, parseBaseUrl),
    flowId: read("FLOW_ID", "an id such as dep-1", parseFlowId),
    regionKey: read("REGION_KEY", 'an id without "/" such as fsn1', parseRegionKey),
    namespaces: read(
      "NAMESPACE_FILTER",
      "namespaces separated by commas, or * for all",
      parseNamespaces,
    ),
    emitInterval: read(
      "EMIT_INTERVAL",
      "a Go duration of at most 1m such as 200ms",
      (text) => within(parseDuration(text), 0, 60_000),
    ),
    postTimeout: read(
      "POST_TIMEOUT",
      "a Go duration from 100ms to 10m such as 10s",
      (text) => within(parseDuration(text), 100, 600_000),
    ),
    healthListenAddr: read(
      "HEALTH_LISTEN_ADDR",
      "[host]:port such as :8081",
      tryListenAddress,
    ),
    statusMapping: read(
      "STATUS_MAPPING",
      "flux or seed",
      (text) => text === "flux" || text === "seed" ? text : undefined,
    ),
    ...(flowTokenFile === undefined ? {} : { flowTokenFile }),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

const URL_EXPECTED = "an http or https URL without user, query or fragment";

function parseBaseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!["http:", "https:"].includes(url.protocol)) return undefined;
  // A password in a URL ends up in logs; the token has its own file.
  if (url.username || url.password || url.search || url.hash) return undefined;
  return url.href.replace(/\/+$/, "");
}

function parseFlowId(text: string): string | undefined {
  // As a path segment `.` and `..` would be resolved away (WHATWG URL §4.5).
  return idSchema.safeParse(text).success && text !== "." && text !== ".." ? text : undefined;
}

function parseRegionKey(text: string): string | undefined {
  return idSchema.safeParse(text).success && !text.includes("/") ? text : undefined;
}

function tryListenAddress(text: string): ListenAddress | undefined {
  try {
    return parseListenAddress(text);
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

// RFC 1123 label, what the API server takes for a namespace.
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function parseNamespaces(text: string): NamespaceFilter | undefined {
  const names = new Set(text.split(",").map((name) => name.trim()).filter((name) => name !== ""));
  if (names.size === 1 && names.has("*")) return "all";
  const [first, ...rest] = [...names].sort();
  if (first === undefined || ![first, ...rest].every((name) => NAMESPACE.test(name))) {
    return undefined;
  }
  return [first, ...rest];
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

function quote(name: string, text: string): string {
  // What is wrong with a URL may be that it holds a password.
  const safe = name === "FLOW_SERVER_URL" ? text.replace(/\/\/[^/]*@/, "//…@") : text;
  return JSON.stringify(safe.length > 120 ? `${safe.slice(0, 119)}…` : safe);
}
