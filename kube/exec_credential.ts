import type { ClusterConfig, ExecConfig } from "./cluster_config.ts";
import { KubeError } from "./errors.ts";

/** What a credential plugin answered. */
export interface ExecCredential {
  readonly token: string | undefined;
  /** PEM; both or neither. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** In milliseconds since the epoch; good until refused when absent. */
  readonly expiresAt: number | undefined;
}

/** Runs a command to its end. Replaced in tests. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) => Promise<{ code: number; stdout: string; stderr: string }>;

/** Adds to the environment instead of replacing it, which needs no `--allow-env`. */
export const runCommand: RunCommand = async (command, args, env) => {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const utf8 = new TextDecoder();
  return { code, stdout: utf8.decode(stdout), stderr: utf8.decode(stderr) };
};

/**
 * Gets a credential from a plugin, by the protocol of `client.authentication.k8s.io`: the question
 * is in `KUBERNETES_EXEC_INFO`, the answer an ExecCredential on standard output.
 *
 * @param caPem the cluster's authorities, passed on when the plugin wants to know its cluster
 * @throws {KubeError} `credentials`; the message quotes the plugin's standard error, never its
 * standard output, which may hold a secret
 */
export async function execCredential(
  exec: ExecConfig,
  cluster: ClusterConfig,
  caPem: string | undefined,
  run: RunCommand = runCommand,
): Promise<ExecCredential> {
  const info = {
    apiVersion: exec.apiVersion,
    kind: "ExecCredential",
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo ? { cluster: clusterInfo(cluster, caPem) } : {}),
    },
  };
  const result = await run(exec.command, exec.args, {
    ...exec.env,
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
  }).catch((cause) => {
    const hint = exec.installHint ? `. ${exec.installHint.trim()}` : "";
    const message = cause instanceof Error ? cause.message : String(cause);
    throw failed(exec, `could not be started: ${message}${hint}`, cause);
  });
  if (result.code !== 0) {
    throw failed(exec, `ended with code ${result.code}: ${result.stderr.trim().slice(0, 500)}`);
  }
  return readCredential(exec, result.stdout);
}

function readCredential(exec: ExecConfig, stdout: string): ExecCredential {
  let answer: ExecCredentialDocument | null;
  try {
    answer = JSON.parse(stdout);
  } catch {
    // The parser's message would quote the text.
    throw failed(exec, "did not print JSON");
  }
  if (answer?.kind !== "ExecCredential" || answer.apiVersion !== exec.apiVersion) {
    throw failed(exec, `did not print an ExecCredential of ${exec.apiVersion}`);
  }
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = answer.status ?? {};
  if (!clientCertificateData !== !clientKeyData) {
    throw failed(exec, "printed a certificate without its key, or a key alone");
  }
  if (!token && !clientCertificateData) throw failed(exec, "printed no credential");
  const expiresAt = expirationTimestamp ? Date.parse(expirationTimestamp) : undefined;
  if (Number.isNaN(expiresAt)) throw failed(exec, "printed an expirationTimestamp that is no time");
  return { token, certificate: clientCertificateData, key: clientKeyData, expiresAt };
}

interface ExecCredentialDocument {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  };
}

function clusterInfo(cluster: ClusterConfig, caPem: string | undefined) {
  return {
    server: cluster.server.href.replace(/\/$/, ""),
    ...(caPem === undefined ? {} : { "certificate-authority-data": btoa(caPem) }),
    ...(cluster.proxyUrl === undefined ? {} : { "proxy-url": cluster.proxyUrl }),
  };
}

function failed(exec: ExecConfig, what: string, cause?: unknown): KubeError {
  return new KubeError(
    "credentials",
    `the credential plugin ${exec.command} ${what}`,
    cause === undefined ? {} : { cause },
  );
}
