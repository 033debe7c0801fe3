import { ContractError } from "../contracts/contract_error.ts";
import { parseDuration } from "../contracts/duration.ts";
import {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
} from "../contracts/listen_address.ts";
import { type Setting, type SettingName, SETTINGS } from "./settings_catalog.ts";

/** The settings of the operator, read. */
export interface OperatorSettings {
  readonly configNamespace: string;
  readonly configName: string;
  readonly watchNamespace: string | undefined;
  readonly healthAddress: ListenAddress | undefined;
  readonly metricsAddress: ListenAddress | undefined;
  /** Undefined when metrics are served without TLS, to everybody. */
  readonly metricsTls: CertificateFiles | undefined;
  readonly leaderElect: boolean;
  readonly leaseName: string;
  /** Milliseconds. */
  readonly leaseDuration: number;
  readonly podName: string | undefined;
  readonly podNamespace: string | undefined;
  readonly workers: number;
  readonly hub: {
    readonly endpoint: string | undefined;
    readonly serviceName: string;
    readonly serviceNamespace: string | undefined;
    readonly clusterDomain: string;
    readonly port: number;
    /** Undefined when runs are not pinned to one of several hubs. */
    readonly members: { readonly name: string; readonly namespace: string } | undefined;
  };
  readonly connector: { readonly image: string; readonly imagePullPolicy: string };
  /** Undefined when runs are shown nowhere. */
  readonly router:
    | {
      readonly url: string;
      readonly tokenFile: string | undefined;
      readonly cluster: string | undefined;
    }
    | undefined;
  /** Undefined when it is not served. */
  readonly webhook:
    | (CertificateFiles & { readonly address: ListenAddress })
    | undefined;
}

/** Where the certificate of a server is. */
export interface CertificateFiles {
  /** Folder of both files. */
  readonly certPath: string;
  readonly certName: string;
  readonly keyName: string;
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

  const hubNamespace = namespace("hubNamespace");
  const membersService = read(
    "hubMembersService",
    "a name of a Service",
    (value) => matching(LABEL, value),
  );
  if (membersService !== undefined && hubNamespace === undefined) {
    problems.push(
      "BUBU_HUB_SERVICE_NAMESPACE must be set, too, where hubs have a members' Service",
    );
  }

  const settings: Omit<
    OperatorSettings,
    "connector" | "router" | "webhook" | "metricsTls"
  > = {
    configNamespace: sure(namespace("configNamespace")),
    configName: sure(text("configName")),
    watchNamespace: namespace("watchNamespace"),
    healthAddress: address(read("healthAddress", ADDRESS, listenAddress)),
    metricsAddress: address(read("metricsAddress", ADDRESS, listenAddress)),
    leaderElect: sure(read("leaderElect", "true or false", boolean)),
    leaseName: sure(text("leaseName")),
    leaseDuration: sure(read(
      "leaseDuration",
      "a Go duration from 3s to 10m such as 15s",
      (value) => duration(value, 3_000, 600_000),
    )),
    podName: text("podName"),
    podNamespace: namespace("podNamespace"),
    workers: sure(read("workers", "an integer from 1 to 100", (value) => integer(value, 1, 100))),
    hub: {
      endpoint: read("hubEndpoint", "host:port", (value) => matching(HOST_PORT, value)),
      serviceName: sure(
        read("hubService", "a name of a Service", (value) => matching(LABEL, value)),
      ),
      serviceNamespace: hubNamespace,
      clusterDomain: sure(read("clusterDomain", "a domain such as svc.cluster.local", domain)),
      port: sure(read("hubPort", "a port", (value) => integer(value, 1, 65_535))),
      members: membersService === undefined || hubNamespace === undefined
        ? undefined
        : { name: membersService, namespace: hubNamespace },
    },
  };
  const pullPolicy = read(
    "connectorImagePullPolicy",
    "Always, IfNotPresent or Never",
    (value) => matching(/^(Always|IfNotPresent|Never)$/, value),
  );
  const webhookAddress = address(read("webhookAddress", ADDRESS, listenAddress));
  const webhookFiles: CertificateFiles = {
    certPath: sure(text("webhookCertPath")),
    certName: sure(text("webhookCertName")),
    keyName: sure(text("webhookCertKey")),
  };
  const metricsPath = text("metricsCertPath");
  const metricsFiles: CertificateFiles = {
    certPath: metricsPath ?? webhookFiles.certPath,
    certName: text("metricsCertName") ??
      (metricsPath === undefined ? webhookFiles.certName : "tls.crt"),
    keyName: text("metricsCertKey") ??
      (metricsPath === undefined ? webhookFiles.keyName : "tls.key"),
  };
  const isSecure = read("metricsSecure", "true or false", boolean) === true;
  const isServed = read("enableWebhooks", "true or false", boolean) === true;
  const routerUrl = read("flowServerUrl", URL_EXPECTED, baseUrl);
  const cluster = read(
    "clusterName",
    "letters, digits, - and . such as fsn1",
    (value) => matching(/^[A-Za-z0-9]([-.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/, value),
  );
  read("securityMode", "tls", (value) => value === "tls" ? value : undefined);
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...settings,
    metricsTls: isSecure ? metricsFiles : undefined,
    connector: { image: text("connectorImage") ?? "", imagePullPolicy: sure(pullPolicy) },
    router: routerUrl === undefined
      ? undefined
      : { url: routerUrl, tokenFile: text("flowTokenFile"), cluster },
    webhook: isServed && webhookAddress !== undefined
      ? { address: webhookAddress, ...webhookFiles }
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

function duration(text: string, min: number, max: number): number | undefined {
  const value = parseDuration(text);
  return value !== undefined && value >= min && value <= max ? value : undefined;
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
