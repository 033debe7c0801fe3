import { dirname, isAbsolute, join } from "node:path";
import {
  type Cluster,
  type Context,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from "@kubernetes/client-node/config_types";
import { load as parseYaml } from "js-yaml";
import type {
  ClusterConfig,
  ExecConfig,
  Impersonation,
  Material,
  UserConfig,
} from "./cluster_config.ts";
import { KubeError } from "./errors.ts";

/** One kubeconfig file, as read. */
export interface KubeconfigFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Finds a context in one or several kubeconfig files and turns it into a {@linkcode ClusterConfig}.
 * Several files are merged as kubectl does it: the first file that names a thing wins. Paths inside
 * a file are relative to it.
 *
 * @param contextName the `current-context` when absent
 * @throws {KubeError} `invalid-config` for a file that makes no sense or lacks the context;
 * `unsupported-config` for a setting that cannot be honoured, with what to do instead
 */
export function resolveKubeconfig(
  files: readonly KubeconfigFile[],
  contextName?: string,
): ClusterConfig {
  const merged = files.map(parseFile);
  const origin = files.map((file) => file.path).join(", ");
  const wanted = contextName ?? merged.find((file) => file.currentContext)?.currentContext;
  if (wanted === undefined) {
    throw invalid(`${origin} has no current-context: choose one of ${names(merged, "contexts")}`);
  }
  const context = find(merged, "contexts", wanted, origin);
  const cluster = find(merged, "clusters", context.cluster, origin);
  const where = `context "${wanted}" of ${origin}`;
  return {
    origin: where,
    server: serverUrl(cluster, where),
    namespace: context.namespace,
    ca: material(cluster.caData, cluster.caFile),
    proxyUrl: cluster.proxyUrl,
    user: context.user ? userConfig(find(merged, "users", context.user, origin), where) : {},
  };
}

interface ParsedFile {
  readonly currentContext: string | undefined;
  readonly contexts: readonly Context[];
  readonly clusters: readonly Cluster[];
  readonly users: readonly ParsedUser[];
}

/** `User` of client-node lacks these fields of the kubeconfig API. */
interface ParsedUser extends User {
  readonly tokenFile: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
}

function parseFile({ path, text }: KubeconfigFile): ParsedFile {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (cause) {
    throw new KubeError("invalid-config", `${path} is not YAML`, { cause });
  }
  if (!isRecord(document)) throw invalid(`${path} is not a kubeconfig`);
  const local = (file: string | undefined | null) =>
    file ? isAbsolute(file) ? file : join(dirname(path), file) : undefined;
  // An entry that is not complete is only an error for whoever asks for it, as it is for kubectl.
  const lenient = { onInvalidEntry: "filter" } as const;
  const rawUsers = new Map<unknown, unknown>();
  for (const entry of Array.isArray(document.users) ? document.users : []) {
    if (isRecord(entry) && !rawUsers.has(entry.name)) rawUsers.set(entry.name, entry.user);
  }
  return {
    currentContext: text_(document["current-context"]),
    contexts: newContexts(document.contexts, lenient),
    clusters: newClusters(document.clusters, lenient).map((cluster) => ({
      ...cluster,
      caFile: local(cluster.caFile) ?? "",
    })),
    users: newUsers(document.users, lenient).map((user) => {
      const raw = rawUsers.get(user.name);
      const extra = isRecord(raw) ? raw : {};
      return {
        ...user,
        certFile: local(user.certFile) ?? "",
        keyFile: local(user.keyFile) ?? "",
        exec: isRecord(user.exec)
          ? { ...user.exec, command: localCommand(user.exec.command, local) }
          : undefined,
        tokenFile: local(text_(extra.tokenFile)),
        extra,
      };
    }),
  };
}

/** A command with a slash is a path like any other; a bare one is looked up on PATH. */
function localCommand(command: unknown, local: (file: string) => string | undefined): unknown {
  return typeof command === "string" && command.includes("/") ? local(command) : command;
}

function serverUrl(cluster: Cluster, where: string): URL {
  if (cluster.skipTLSVerify) {
    throw unsupported(
      `${where} sets insecure-skip-tls-verify, and Deno cannot skip verification for one client: ` +
        "put the server's authority into certificate-authority-data instead",
    );
  }
  if (cluster.tlsServerName) {
    throw unsupported(
      `${where} sets tls-server-name, which Deno's fetch has no setting for: use a server URL ` +
        `whose host is in the certificate (such as "${cluster.tlsServerName}")`,
    );
  }
  const url = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw invalid(`${where}: server "${cluster.server}" is not an http or https URL`);
  }
  return url;
}

function userConfig(user: ParsedUser, where: string): UserConfig {
  if (user.username || user.password) {
    throw unsupported(`${where} uses basic authentication, which Kubernetes removed in 1.19`);
  }
  if (user.authProvider) {
    throw unsupported(
      `${where} uses an auth-provider, which Kubernetes replaced by exec credential plugins ` +
        "(gke-gcloud-auth-plugin, kubelogin, …): write the kubeconfig anew with a recent CLI",
    );
  }
  const certificate = material(user.certData, user.certFile);
  const key = material(user.keyData, user.keyFile);
  if ((certificate === undefined) !== (key === undefined)) {
    throw invalid(`${where}: client-certificate and client-key go together`);
  }
  // The file wins over the text, which is where kubectl leaves a first copy of it.
  const token: Material | undefined = user.tokenFile
    ? { file: user.tokenFile }
    : user.token
    ? { text: user.token }
    : undefined;
  const impersonate = impersonation(user.extra, where);
  return {
    ...(certificate && key ? { clientCertificate: { certificate, key } } : {}),
    ...(token ? { token } : {}),
    ...(isRecord(user.exec) ? { exec: execConfig(user.exec, where) } : {}),
    ...(impersonate ? { impersonate } : {}),
  };
}

function execConfig(exec: Record<string, unknown>, where: string): ExecConfig {
  const command = text_(exec.command);
  const apiVersion = text_(exec.apiVersion);
  if (!command) throw invalid(`${where}: exec has no command`);
  if (!apiVersion || !EXEC_API_VERSIONS.has(apiVersion)) {
    throw unsupported(
      `${where}: exec.apiVersion "${apiVersion}" is none of ${[...EXEC_API_VERSIONS].join(", ")}`,
    );
  }
  if (exec.interactiveMode === "Always") {
    throw unsupported(`${where}: exec.interactiveMode Always needs a terminal`);
  }
  const env: Record<string, string> = {};
  for (const entry of Array.isArray(exec.env) ? exec.env : []) {
    if (isRecord(entry) && typeof entry.name === "string") env[entry.name] = String(entry.value);
  }
  return {
    apiVersion,
    command,
    args: Array.isArray(exec.args) ? exec.args.map(String) : [],
    env,
    provideClusterInfo: exec.provideClusterInfo === true,
    installHint: text_(exec.installHint),
  };
}

const EXEC_API_VERSIONS: ReadonlySet<string> = new Set([
  "client.authentication.k8s.io/v1",
  "client.authentication.k8s.io/v1beta1",
]);

function impersonation(user: Record<string, unknown>, where: string): Impersonation | undefined {
  const groups = Array.isArray(user["as-groups"]) ? user["as-groups"].map(String) : [];
  const uid = text_(user["as-uid"]);
  const as = text_(user.as);
  if (as) return { user: as, groups, uid };
  if (groups.length > 0 || uid) throw invalid(`${where}: as-groups and as-uid need "as"`);
  return undefined;
}

/** Inline data wins over the file, as the kubeconfig API says. */
function material(data: string | undefined, file: string | undefined): Material | undefined {
  if (data) return { text: decodeBase64(data) };
  return file ? { file } : undefined;
}

function decodeBase64(data: string): string {
  try {
    return atob(data);
  } catch (cause) {
    throw new KubeError("invalid-config", "certificate data in the kubeconfig is not base64", {
      cause,
    });
  }
}

type Section = "contexts" | "clusters" | "users";

function find<S extends Section>(
  files: readonly ParsedFile[],
  section: S,
  name: string,
  origin: string,
): ParsedFile[S][number] {
  for (const file of files) {
    const found = file[section].find((entry) => entry.name === name);
    if (found !== undefined) return found;
  }
  throw invalid(
    `${origin}: "${name}" is not among the complete ${section}, which are ${names(files, section)}`,
  );
}

function names(files: readonly ParsedFile[], section: Section): string {
  const all = new Set(files.flatMap((file) => file[section].map((entry) => entry.name)));
  return all.size === 0 ? "none" : [...all].join(", ");
}

function text_(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string): KubeError {
  return new KubeError("invalid-config", message);
}

function unsupported(message: string): KubeError {
  return new KubeError("unsupported-config", message);
}
