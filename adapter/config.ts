import { ContractError } from "../contracts/contract_error.ts";
import { parseDuration } from "../contracts/duration.ts";
import { idSchema } from "../contracts/flow.ts";
import { type ListenAddress, parseListenAddress } from "../contracts/listen_address.ts";
import { FLUX_KINDS, type FluxKind, isFluxKind, isNodeKind } from "./flux/kinds.ts";
import { VARIABLES } from "./variables.ts";

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
  /** In the order of Flux's table of kinds; one of them at least becomes nodes. */
  readonly kinds: readonly FluxKind[];
  /** Shortest time between two rounds of posts. */
  readonly emitInterval: number;
  /** Longest time that one request to the router may take. */
  readonly postTimeout: number;
  /** Where `/healthz` and `/readyz` are served; nowhere when absent. */
  readonly healthListenAddr?: ListenAddress;
  readonly statusMapping: StatusMapping;
  /** Path of a file with the bearer token for the router. */
  readonly flowTokenFile?: string;
  /** Absent when there is no election, and this adapter always posts. */
  readonly lease?: LeaseConfig;
}

/** The lease by which adapters of one cluster agree on which of them posts. */
export interface LeaseConfig {
  readonly name: string;
  /** Absent: that of the service account or of the kubeconfig's context. */
  readonly namespace?: string;
  readonly duration: number;
  /** Names this pod or machine; what tells two processes of it apart is added later. */
  readonly holder: string;
}

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
 * @param options.isDryRun nothing is posted, so that no router has to be named
 * @throws {ConfigError} naming every variable that is missing or wrong, and what it should be
 */
export function parseConfig(
  env: (name: string) => string | undefined,
  { isDryRun = false } = {},
): AdapterConfig {
  const problems: string[] = [];

  function read<T>(name: string, expected: string, parse: (text: string) => T | undefined): T {
    const variable = VARIABLES.find((row) => row.name === name);
    const text = env(name)?.trim() || (isDryRun ? DRY_RUN[name] : undefined) || variable?.default;
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

  function readLease(regionKey: string): LeaseConfig | undefined {
    const asked = env("LEASE_NAME")?.trim();
    const duration = read(
      "LEASE_DURATION",
      "a Go duration from 3s to 10m such as 15s",
      (text) => within(parseDuration(text), 3_000, 600_000),
    );
    const namespace = env("LEASE_NAMESPACE")?.trim()
      ? read("LEASE_NAMESPACE", "a namespace", (text) => NAMESPACE.test(text) ? text : undefined)
      : undefined;
    // Set and empty is how a chart says off.
    if (asked === "" || asked === "off") return undefined;
    const name = asked === undefined ? defaultLeaseName(regionKey) : read(
      "LEASE_NAME",
      "off or a name of lower case letters, digits, - and .",
      (text) => SUBDOMAIN.test(text) && text.length <= 253 ? text : undefined,
    );
    const holder = env("POD_NAME")?.trim() || env("HOSTNAME")?.trim() || "headrace-adapter";
    return { name, duration, holder, ...(namespace === undefined ? {} : { namespace }) };
  }

  const flowTokenFile = env("FLOW_TOKEN_FILE")?.trim() || undefined;
  const flowServerUrl = read("FLOW_SERVER_URL", URL_EXPECTED, parseBaseUrl);
  const flowId = read("FLOW_ID", "an id such as dep-1", parseFlowId);
  const regionKey = read("REGION_KEY", 'an id without "/" such as fsn1', parseRegionKey);
  const lease = readLease(regionKey);
  const config: AdapterConfig = {
    flowServerUrl,
    flowId,
    regionKey,
    namespaces: read(
      "NAMESPACE_FILTER",
      "namespaces separated by commas, or * for all",
      parseNamespaces,
    ),
    kinds: read("WATCH_KINDS", KINDS_EXPECTED, parseKinds),
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
    ...(lease === undefined ? {} : { lease }),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

const DRY_RUN: Readonly<Record<string, string>> = { FLOW_SERVER_URL: "http://router.invalid" };

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

// RFC 1123 subdomain, what it takes for the name of most things.
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A region may be called anything, a Lease may not. */
function defaultLeaseName(regionKey: string | undefined): string {
  const suffix = (regionKey ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return ["headrace-adapter", ...(suffix === "" ? [] : [suffix])].join("-").slice(0, 253)
    .replace(/-$/, "");
}

function parseNamespaces(text: string): NamespaceFilter | undefined {
  const names = new Set(text.split(",").map((name) => name.trim()).filter((name) => name !== ""));
  if (names.size === 1 && names.has("*")) return "all";
  const [first, ...rest] = [...names].sort();
  if (first === undefined || ![first, ...rest].every((name) => NAMESPACE.test(name))) {
    return undefined;
  }
  return [first, ...rest];
}

const KINDS_EXPECTED = `some of ${Object.keys(FLUX_KINDS).join(", ")}, not HelmChart alone`;

/** Kubernetes itself minds the case, people less so. */
function parseKinds(text: string): readonly FluxKind[] | undefined {
  const asked = text.split(",").map((name) => name.trim().toLowerCase()).filter((name) => name);
  const kinds = Object.keys(FLUX_KINDS).filter(isFluxKind)
    .filter((kind) => asked.includes(kind.toLowerCase()));
  const known = new Set(kinds.map((kind) => kind.toLowerCase()));
  return asked.every((name) => known.has(name)) && kinds.some(isNodeKind) ? kinds : undefined;
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

function quote(name: string, text: string): string {
  // What is wrong with a URL may be that it holds a password.
  const safe = name === "FLOW_SERVER_URL" ? text.replace(/\/\/[^/]*@/, "//…@") : text;
  return JSON.stringify(safe.length > 120 ? `${safe.slice(0, 119)}…` : safe);
}
