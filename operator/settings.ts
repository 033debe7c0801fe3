import { ContractError } from "../contracts/contract_error.ts";
import {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
} from "../contracts/listen_address.ts";
import { CONNECTOR_ENV, HUB_ENV } from "../contracts/transport/environment.ts";

/** One setting, and where it may be set: a flag wins over the environment, that over the ConfigMap. */
export interface Setting {
  readonly flag?: string;
  /** Whether the flag may stand alone, for `true`. */
  readonly isSwitch?: true;
  readonly env?: string;
  /** Key in the operator's ConfigMap. */
  readonly key?: string;
  readonly default?: string;
  readonly purpose: string;
}

/** All settings, as `--help` and the README show them. Names are the original's, where it has one. */
export const SETTINGS = {
  configNamespace: {
    flag: "config-namespace",
    default: "bobrapet-system",
    purpose: "Namespace of the ConfigMap with settings",
  },
  configName: {
    flag: "config-name",
    default: "bobravoz-grpc-operator-config",
    purpose: "Its name; may be missing; read again every 30 s for the connector's image",
  },
  watchNamespace: {
    flag: "watch-namespace",
    purpose: "The only namespace to work in; all when unset",
  },
  healthAddress: {
    flag: "health-probe-bind-address",
    default: ":8081",
    purpose: "Where /healthz and /readyz are served; 0 for nowhere",
  },
  metricsAddress: {
    flag: "metrics-bind-address",
    default: ":8080",
    purpose: "Where /metrics is served, without TLS; 0 for nowhere",
  },
  leaderElect: {
    flag: "leader-elect",
    isSwitch: true,
    default: "false",
    purpose: "Let one of several replicas write, by a Lease in POD_NAMESPACE",
  },
  leaseName: {
    flag: "leader-election-id",
    default: "headrace-operator.bubustack.io",
    purpose: "Name of the Lease; not the original's, whose records differ",
  },
  podName: {
    env: "POD_NAME",
    purpose: "Names this process in the Lease and in Events; a random name when unset",
  },
  podNamespace: {
    env: "POD_NAMESPACE",
    purpose: "Where the Lease is; the service account's namespace when unset",
  },
  workers: {
    flag: "max-concurrent-reconciles",
    default: "8",
    purpose: "StoryRuns that are worked on at the same time",
  },
  hubEndpoint: {
    env: HUB_ENV.endpoint,
    purpose: "What connectors dial, verbatim; put together from the next four when unset",
  },
  hubService: {
    env: HUB_ENV.serviceName,
    default: "bobravoz-grpc-hub",
    purpose: "Name of the hub's Service",
  },
  hubNamespace: {
    env: HUB_ENV.serviceNamespace,
    purpose: "Its namespace; each workload's own when unset",
  },
  clusterDomain: {
    env: HUB_ENV.clusterDomain,
    default: "svc.cluster.local",
    purpose: "Domain of Services, with the svc. part",
  },
  hubPort: {
    flag: "hub-port",
    env: HUB_ENV.port,
    default: "9000",
    purpose: "Port of the hub",
  },
  connectorImage: {
    flag: "connector-image",
    env: "CONNECTOR_IMAGE",
    key: "connector.image",
    purpose: "Image of the connector; when unset, pods get none",
  },
  connectorImagePullPolicy: {
    flag: "connector-image-pull-policy",
    env: "CONNECTOR_IMAGE_PULL_POLICY",
    key: "connector.image-pull-policy",
    default: "IfNotPresent",
    purpose: "Always, IfNotPresent or Never",
  },
  enableWebhooks: {
    env: "ENABLE_WEBHOOKS",
    default: "true",
    purpose:
      "Serve the webhook that adds connectors to pods; false on a machine without certificates",
  },
  webhookAddress: {
    flag: "webhook-bind-address",
    default: ":9443",
    purpose: "Where the webhook is served, with TLS",
  },
  webhookCertPath: {
    flag: "webhook-cert-path",
    default: "/tmp/k8s-webhook-server/serving-certs",
    purpose: "Folder of its tls.crt and tls.key; read again when they rotate",
  },
  flowServerUrl: {
    flag: "flow-server-url",
    env: "FLOW_SERVER_URL",
    purpose: "Base URL of a flow router that shows every StoryRun; none when unset",
  },
  flowTokenFile: {
    flag: "flow-token-file",
    env: "FLOW_TOKEN_FILE",
    purpose: "File with a bearer token for the router, read anew for each request",
  },
  securityMode: {
    env: CONNECTOR_ENV.transportSecurityMode,
    key: "hub.transport-security-mode",
    default: "tls",
    purpose: "tls is what there is",
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** The settings of the operator, read. */
export interface OperatorSettings {
  readonly configNamespace: string;
  readonly configName: string;
  readonly watchNamespace: string | undefined;
  readonly healthAddress: ListenAddress | undefined;
  readonly metricsAddress: ListenAddress | undefined;
  readonly leaderElect: boolean;
  readonly leaseName: string;
  readonly podName: string | undefined;
  readonly podNamespace: string | undefined;
  readonly workers: number;
  readonly hub: {
    readonly endpoint: string | undefined;
    readonly serviceName: string;
    readonly serviceNamespace: string | undefined;
    readonly clusterDomain: string;
    readonly port: number;
  };
  readonly connector: { readonly image: string; readonly imagePullPolicy: string };
  /** Undefined when runs are shown nowhere. */
  readonly router: { readonly url: string; readonly tokenFile: string | undefined } | undefined;
  /** Undefined when it is not served. */
  readonly webhook:
    | { readonly address: ListenAddress; readonly certPath: string }
    | undefined;
}

/** Where settings come from. A blank value counts as unset. */
export interface SettingSources {
  readonly flags: ReadonlyMap<string, string>;
  readonly env: (name: string) => string | undefined;
  readonly configMap: Readonly<Record<string, string>>;
}

/** The settings cannot be used. The message has one line a problem, each saying where it was set. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly code = "config";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** @throws {SettingsError} naming every setting that is wrong, where it was set, and what it should be */
export function readSettings(sources: SettingSources): OperatorSettings {
  const problems: string[] = [];

  function read<T>(name: SettingName, expected: string, parse: (text: string) => T): T | undefined {
    const found = find(SETTINGS[name], sources);
    if (found === undefined) return undefined;
    try {
      const value = parse(found.text);
      if (value !== undefined) return value;
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
    }
    problems.push(`${found.where} must be ${expected}, not ${quote(withoutPassword(found.text))}`);
    return undefined;
  }
  const text = (name: SettingName) => read(name, "text", (value) => value);
  // Only ever returned to the caller when there is no problem.
  const sure = <T>(value: T | undefined) => value as T;
  const namespace = (name: SettingName) =>
    read(name, "a namespace", (value) => matching(LABEL, value));

  const settings: Omit<OperatorSettings, "connector" | "router" | "webhook"> = {
    configNamespace: sure(namespace("configNamespace")),
    configName: sure(text("configName")),
    watchNamespace: namespace("watchNamespace"),
    healthAddress: address(read("healthAddress", ADDRESS, listenAddress)),
    metricsAddress: address(read("metricsAddress", ADDRESS, listenAddress)),
    leaderElect: sure(read("leaderElect", "true or false", boolean)),
    leaseName: sure(text("leaseName")),
    podName: text("podName"),
    podNamespace: namespace("podNamespace"),
    workers: sure(read("workers", "an integer from 1 to 100", (value) => integer(value, 1, 100))),
    hub: {
      endpoint: read("hubEndpoint", "host:port", (value) => matching(HOST_PORT, value)),
      serviceName: sure(
        read("hubService", "a name of a Service", (value) => matching(LABEL, value)),
      ),
      serviceNamespace: namespace("hubNamespace"),
      clusterDomain: sure(read("clusterDomain", "a domain such as svc.cluster.local", domain)),
      port: sure(read("hubPort", "a port", (value) => integer(value, 1, 65_535))),
    },
  };
  const pullPolicy = read(
    "connectorImagePullPolicy",
    "Always, IfNotPresent or Never",
    (value) => matching(/^(Always|IfNotPresent|Never)$/, value),
  );
  const webhookAddress = address(read("webhookAddress", ADDRESS, listenAddress));
  const certPath = sure(text("webhookCertPath"));
  const isServed = read("enableWebhooks", "true or false", boolean) === true;
  const routerUrl = read("flowServerUrl", URL_EXPECTED, baseUrl);
  read("securityMode", "tls", (value) => value === "tls" ? value : undefined);
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...settings,
    connector: { image: text("connectorImage") ?? "", imagePullPolicy: sure(pullPolicy) },
    router: routerUrl === undefined
      ? undefined
      : { url: routerUrl, tokenFile: text("flowTokenFile") },
    webhook: isServed && webhookAddress !== undefined
      ? { address: webhookAddress, certPath }
      : undefined,
  };
}

const ADDRESS = "[host]:port such as :8081, or 0";
const URL_EXPECTED = "an http or https URL without user, query or fragment";
/** RFC 1123 label, what the API server takes for a namespace or Service. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const HOST_PORT = /^(?:[^\s:/]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/;

function find(
  setting: Setting,
  { flags, env, configMap }: SettingSources,
): { text: string; where: string } | undefined {
  const { flag, env: variable, key, default: fallback } = setting;
  const found = [
    { text: flag === undefined ? undefined : flags.get(flag), where: `--${flag}` },
    { text: variable === undefined ? undefined : env(variable), where: String(variable) },
    { text: key === undefined ? undefined : configMap[key], where: `${key} in the ConfigMap` },
    { text: fallback, where: "the default" },
  ].map(({ text, where }) => ({ text: text?.trim() || undefined, where }));
  for (const { text, where } of found) if (text !== undefined) return { text, where };
  return undefined;
}

/** `0` turns an endpoint off, as in controller-runtime. */
function listenAddress(text: string): ListenAddress {
  return text === "0" ? OFF : parseListenAddress(text);
}

const OFF: ListenAddress = { hostname: "", port: -1 };

function address(value: ListenAddress | undefined): ListenAddress | undefined {
  return value === OFF ? undefined : value;
}

function baseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = ["http:", "https:"].includes(url.protocol) &&
    // A password in a URL ends up in logs; the token has its own file.
    `${url.username}${url.password}${url.search}${url.hash}` === "";
  return isPlain ? url.href.replace(/\/+$/, "") : undefined;
}

function boolean(text: string): boolean | undefined {
  return text === "true" ? true : text === "false" ? false : undefined;
}

function integer(text: string, min: number, max: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
}

function matching(pattern: RegExp, text: string): string | undefined {
  return pattern.test(text) ? text : undefined;
}

function domain(text: string): string | undefined {
  return text.length <= 253 && text.split(".").every((label) => LABEL.test(label))
    ? text
    : undefined;
}

/** What is wrong with a URL may be that it holds a password. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//…@");
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 119)}…` : text);
}

/** An address as it is logged; `off` for none. */
export function shownAddress(value: ListenAddress | undefined): string {
  return value === undefined ? "off" : formatListenAddress(value);
}
