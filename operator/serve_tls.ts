import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { formatListenAddress, type ListenAddress } from "../contracts/listen_address.ts";
import type { Logger } from "../contracts/logger.ts";

/** The API server waits for 30 s at most. */
const REQUEST_TIMEOUT_MS = 30_000;
/** cert-manager renews weeks ahead, and the kubelet takes a minute to bring it here. */
const RELOAD_EVERY_MS = 10_000;

/** PEM of a certificate with its chain, and its key. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface TlsOptions {
  /** What is served, for the log. */
  readonly what: "webhook" | "metrics";
  readonly address: ListenAddress;
  /** Read at the start, and again and again: certificates rotate. */
  readonly readCertificate: () => Promise<ServingCertificate>;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Told where, with the real port when 0 was asked for. */
  readonly onListen?: ((address: string) => void) | undefined;
  readonly reloadEveryMs?: number | undefined;
}

/**
 * Serves over TLS until `signal` aborts, then ends the answers under way. A certificate that has
 * changed is used from the next connection on; one that cannot be read leaves the old. Node's
 * server, as Deno's own cannot change its certificate.
 *
 * @throws {Error} when there is no certificate at the start, or the address cannot be had
 */
export async function serveTls(options: TlsOptions): Promise<void> {
  const { what, address, readCertificate, log, signal, reloadEveryMs = RELOAD_EVERY_MS } = options;
  let current = await readCertificate();
  const server = https.createServer({ ...current, minVersion: "TLSv1.2" }, (request, response) => {
    options.handle(request, response).catch((error) => {
      log("ERROR", `${what}: a request failed`, { err: error });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(address.port, address.hostname, () => listening.resolve());
  await listening.promise;
  server.on("error", (error) => log("ERROR", `${what} failed`, { err: error }));
  const at = server.address() as AddressInfo;
  options.onListen?.(formatListenAddress({ hostname: at.address, port: at.port }));

  let trouble: string | undefined;
  const reload = async () => {
    try {
      const next = await readCertificate();
      trouble = undefined;
      if (next.cert === current.cert && next.key === current.key) return;
      server.setSecureContext(next);
      current = next;
      log("INFO", `${what} certificate reloaded`);
    } catch (error) {
      const err = error instanceof Error ? error.message : String(error);
      if (err === trouble) return;
      trouble = err;
      log("WARN", `${what} certificate cannot be reloaded, using the old`, { err });
    }
  };
  const timer = setInterval(reload, reloadEveryMs);
  const stopped = Promise.withResolvers<void>();
  const stop = () => stopped.resolve();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  await stopped.promise;
  clearInterval(timer);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await closed;
}
