import { type Clock, systemClock } from "../contracts/clock.ts";
import type { ClusterConfig } from "./cluster_config.ts";
import { type Credentials, CredentialStore } from "./credentials.ts";
import { asKubeError, KubeError } from "./errors.ts";
import { type RunCommand, runCommand } from "./exec_credential.ts";

/** What may accompany a request. A text body, so that it can be sent again after a 401. */
export interface KubeRequestInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/**
 * Sends one request to the API server. `path` starts with a slash and may carry a query. Resolves
 * with any HTTP answer, whatever its status; redirects are answers, too, since following one would
 * carry our credentials elsewhere.
 *
 * Rejects with a `KubeError` (`unreachable`, `credentials`), or with the signal's reason.
 */
export type KubeFetch = (path: string, init?: KubeRequestInit) => Promise<Response>;

/** One API server, authenticated. */
export interface KubeClient extends Disposable {
  readonly config: ClusterConfig;
  readonly fetch: KubeFetch;
  /** Closes idle connections. Answers that are still being read may be read to their end. */
  close(): void;
}

export interface KubeClientOptions {
  /** `headrace-adapter/0.1.0`: shows in the API server's audit log. */
  readonly userAgent?: string;
  readonly clock?: Clock;
  readonly readTextFile?: (path: string) => Promise<string>;
  readonly run?: RunCommand;
}

/**
 * Opens a client. Nothing is read or dialled before the first request.
 *
 * @throws {KubeError} `unsupported-config` when credentials would cross a network in the clear
 */
export function createKubeClient(
  config: ClusterConfig,
  options: KubeClientOptions = {},
): KubeClient {
  return new Client(config, options);
}

class Client implements KubeClient {
  readonly config: ClusterConfig;
  readonly #store: CredentialStore;
  readonly #headers: Headers;
  #transport: { readonly key: string; readonly http: Deno.HttpClient } | undefined;
  #closed = false;

  constructor(config: ClusterConfig, options: KubeClientOptions) {
    refuseClearText(config);
    this.config = config;
    this.#store = new CredentialStore(config, {
      clock: options.clock ?? systemClock,
      readTextFile: options.readTextFile ?? Deno.readTextFile,
      run: options.run ?? runCommand,
    });
    this.#headers = new Headers({
      "accept": "application/json",
      "user-agent": options.userAgent ?? "headrace",
    });
    const { impersonate } = config.user;
    if (impersonate !== undefined) {
      this.#headers.set("impersonate-user", impersonate.user);
      for (const group of impersonate.groups) this.#headers.append("impersonate-group", group);
      if (impersonate.uid !== undefined) this.#headers.set("impersonate-uid", impersonate.uid);
    }
  }

  readonly fetch: KubeFetch = async (path, init = {}) => {
    const credentials = await this.#store.current();
    const response = await this.#send(path, init, credentials);
    if (response.status !== 401) return response;
    // A token may have been rotated, or revoked, before its time. Once: then it is really refused.
    this.#store.invalidate();
    const renewed = await this.#store.current().catch(async (error) => {
      await response.body?.cancel();
      throw error;
    });
    if (renewed.token === credentials.token && renewed.certificate === credentials.certificate) {
      return response;
    }
    await response.body?.cancel();
    return await this.#send(path, init, renewed);
  };

  close(): void {
    this.#closed = true;
    this.#transport?.http.close();
    this.#transport = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #send(path: string, init: KubeRequestInit, credentials: Credentials): Promise<Response> {
    const method = init.method ?? "GET";
    const doing = `${method} ${path.split("?")[0]} at ${this.config.server.host}`;
    if (this.#closed) throw new KubeError("unreachable", `${doing}: the client is closed`);
    const headers = new Headers(this.#headers);
    for (const [name, value] of Object.entries(init.headers ?? {})) headers.set(name, value);
    if (credentials.token) headers.set("authorization", `Bearer ${credentials.token}`);
    try {
      return await fetch(this.config.server.href.replace(/\/$/, "") + path, {
        method,
        headers,
        redirect: "manual",
        client: this.#http(credentials),
        ...(init.body === undefined ? {} : { body: init.body }),
        ...(init.signal === undefined ? {} : { signal: init.signal }),
      });
    } catch (thrown) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw asKubeError(thrown, "unreachable", doing);
    }
  }

  /**
   * One pool of connections for as long as its certificates last. When they rotate, the old pool is
   * closed; streams already open on it go on.
   */
  #http({ ca, certificate, key }: Credentials): Deno.HttpClient {
    const poolKey = JSON.stringify([ca, certificate, key]);
    if (this.#transport?.key === poolKey) return this.#transport.http;
    const http = openHttpClient(this.config, ca, certificate, key);
    this.#transport?.http.close();
    this.#transport = { key: poolKey, http };
    return http;
  }
}

/**
 * HTTP/1.1 on purpose. Over HTTP/2 all watches share one connection, and Deno has no setting for
 * HTTP/2 pings: when that connection goes silent, aborting a request leaves it in the pool and the
 * retry is sent into the same void. Over HTTP/1.1 an aborted request takes its connection along.
 */
function openHttpClient(
  config: ClusterConfig,
  ca: string | undefined,
  certificate: string | undefined,
  key: string | undefined,
): Deno.HttpClient {
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----")) {
    // Deno takes text without a certificate for an empty list, and says UnknownIssuer later.
    throw new KubeError("credentials", `${config.origin}: the certificate authority is not PEM`);
  }
  try {
    return Deno.createHttpClient({
      http2: false,
      ...(ca === undefined ? {} : { caCerts: [ca] }),
      ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
      ...(config.proxyUrl === undefined ? {} : { proxy: proxyOf(config.proxyUrl) }),
    });
  } catch (thrown) {
    throw asKubeError(thrown, "credentials", `${config.origin}: certificates cannot be used`);
  }
}

function proxyOf(proxyUrl: string): Deno.Proxy {
  return proxyUrl.startsWith("socks5") ? { transport: "socks5", url: proxyUrl } : { url: proxyUrl };
}

/** client-go drops credentials silently on plain HTTP; we say so. Loopback crosses no network. */
function refuseClearText({ server, user, origin }: ClusterConfig): void {
  if (server.protocol !== "http:" || LOOPBACK.test(server.hostname)) return;
  if (!user.token && !user.exec && !user.clientCertificate) return;
  throw new KubeError(
    "unsupported-config",
    `${origin} has credentials, and ${server.origin} is not encrypted: use an https server`,
  );
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
