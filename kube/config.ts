import { join } from "node:path";
import type { ClusterConfig } from "./cluster_config.ts";
import { KubeError } from "./errors.ts";
import { type KubeconfigFile, resolveKubeconfig } from "./kubeconfig.ts";

/** Where the kubelet puts a pod's service account. */
export const SERVICE_ACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What {@linkcode loadClusterConfig} may look at. */
export interface LoadOptions {
  /** A path given by a person, such as the value of `--kubeconfig`. Wins over everything. */
  readonly kubeconfig?: string | undefined;
  /** The context to use instead of the current one. */
  readonly context?: string | undefined;
  /** Reads one environment variable: `Deno.env.get` in a main file. */
  readonly env: (name: string) => string | undefined;
  readonly readTextFile?: (path: string) => Promise<string>;
  readonly serviceAccountDir?: string;
}

/**
 * Finds out which API server to talk to, in the order that controllers use: the path given, the
 * files in `KUBECONFIG`, the pod's service account, `~/.kube/config`.
 *
 * Reads `KUBECONFIG`, `KUBERNETES_SERVICE_HOST`, `KUBERNETES_SERVICE_PORT` and `HOME`, none of
 * them before it is needed.
 *
 * @throws {KubeError} `invalid-config` or `unsupported-config`, with what to do about it
 */
export async function loadClusterConfig(options: LoadOptions): Promise<ClusterConfig> {
  const { env, context, readTextFile = Deno.readTextFile } = options;
  if (options.kubeconfig) {
    const path = options.kubeconfig;
    return resolveKubeconfig([{ path, text: await read(path, readTextFile) }], context);
  }
  const listed = env("KUBECONFIG");
  if (listed) {
    const paths = listed.split(Deno.build.os === "windows" ? ";" : ":").filter((path) => path);
    const files = await existing(paths, readTextFile);
    if (files.length > 0) return resolveKubeconfig(files, context);
    throw new KubeError("invalid-config", `KUBECONFIG names no file that exists: ${listed}`);
  }
  const host = env("KUBERNETES_SERVICE_HOST");
  const port = env("KUBERNETES_SERVICE_PORT");
  if (host && port) {
    const directory = options.serviceAccountDir ?? SERVICE_ACCOUNT_DIR;
    const namespace = await read(`${directory}/namespace`, readTextFile);
    return serviceAccountConfig(host, port, namespace.trim(), directory);
  }
  const home = env("HOME");
  const path = home && join(home, ".kube", "config");
  const files = path ? await existing([path], readTextFile) : [];
  if (files.length > 0) return resolveKubeconfig(files, context);
  throw new KubeError(
    "invalid-config",
    `no cluster configured: give a kubeconfig file, set KUBECONFIG, or run in a pod with a ` +
      `service account${path ? ` (${path} does not exist)` : ""}`,
  );
}

/** The configuration of a pod. Token and CA stay in their files, which the kubelet rotates. */
export function serviceAccountConfig(
  host: string,
  port: string,
  namespace: string,
  directory: string = SERVICE_ACCOUNT_DIR,
): ClusterConfig {
  return {
    origin: "the pod's service account",
    server: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
    namespace,
    ca: { file: `${directory}/ca.crt` },
    proxyUrl: undefined,
    user: { token: { file: `${directory}/token` } },
  };
}

async function read(path: string, readTextFile: (path: string) => Promise<string>) {
  try {
    return await readTextFile(path);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new KubeError("invalid-config", `cannot read ${path}: ${message}`, { cause });
  }
}

/** The files that exist. kubectl, too, skips missing ones in KUBECONFIG; unreadable ones fail. */
async function existing(
  paths: readonly string[],
  readTextFile: (path: string) => Promise<string>,
): Promise<KubeconfigFile[]> {
  const files: KubeconfigFile[] = [];
  for (const path of paths) {
    try {
      files.push({ path, text: await read(path, readTextFile) });
    } catch (error) {
      const missing = error instanceof KubeError && error.cause instanceof Deno.errors.NotFound;
      if (!missing) throw error;
    }
  }
  return files;
}
