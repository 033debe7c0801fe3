import type { Clock } from "../contracts/clock.ts";
import type { ClusterConfig, Material } from "./cluster_config.ts";
import { KubeError } from "./errors.ts";
import { type ExecCredential, execCredential, type RunCommand } from "./exec_credential.ts";

/** What one request needs: who we are, and whom we trust. PEM where it is a certificate or key. */
export interface Credentials {
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly token: string | undefined;
}

/**
 * How long a file's content is used without looking again, as in client-go: the kubelet replaces a
 * projected token long before it expires.
 */
const FILE_MAX_AGE_MS = 60_000;

/** A plugin is asked again a little early, so that no request carries a token about to expire. */
const EXPIRY_LEEWAY_MS = 10_000;

/** Where credentials come from. */
export interface CredentialSources {
  readonly clock: Clock;
  readonly readTextFile: (path: string) => Promise<string>;
  readonly run: RunCommand;
}

/** Keeps the credentials of one cluster current: files are read again, plugins run again. */
export class CredentialStore {
  readonly #config: ClusterConfig;
  readonly #sources: CredentialSources;
  readonly #files = new Map<string, { readAt: number; text: string }>();
  #exec: ExecCredential | undefined;
  #running: Promise<ExecCredential> | undefined;

  constructor(config: ClusterConfig, sources: CredentialSources) {
    this.#config = config;
    this.#sources = sources;
  }

  /**
   * The credentials to use now.
   *
   * @throws {KubeError} `credentials` when a file cannot be read or a plugin fails
   */
  async current(): Promise<Credentials> {
    const { ca, user } = this.#config;
    const caPem = await this.#read(ca);
    const exec = user.exec === undefined ? undefined : await this.#execCredential(caPem);
    return {
      ca: caPem,
      certificate: exec?.certificate ?? await this.#read(user.clientCertificate?.certificate),
      key: exec?.key ?? await this.#read(user.clientCertificate?.key),
      token: exec?.token ?? (await this.#read(user.token))?.trim(),
    };
  }

  /** Makes the next {@linkcode current} look everything up anew: the server refused what we had. */
  invalidate(): void {
    this.#files.clear();
    this.#exec = undefined;
  }

  async #read(material: Material | undefined): Promise<string | undefined> {
    if (material === undefined || "text" in material) return material?.text;
    const now = this.#sources.clock.now();
    const cached = this.#files.get(material.file);
    if (cached !== undefined && now - cached.readAt < FILE_MAX_AGE_MS) return cached.text;
    try {
      const text = await this.#sources.readTextFile(material.file);
      this.#files.set(material.file, { readAt: now, text });
      return text;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new KubeError("credentials", `cannot read ${material.file}: ${message}`, { cause });
    }
  }

  /** Requests that need a credential at the same moment share one run of the plugin. */
  async #execCredential(caPem: string | undefined): Promise<ExecCredential | undefined> {
    const { exec } = this.#config.user;
    if (exec === undefined) return undefined;
    const expiresAt = this.#exec?.expiresAt ?? Infinity;
    if (this.#exec && this.#sources.clock.now() < expiresAt - EXPIRY_LEEWAY_MS) return this.#exec;
    this.#running ??= execCredential(exec, this.#config, caPem, this.#sources.run)
      .finally(() => this.#running = undefined);
    return this.#exec = await this.#running;
  }
}
