import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { formatListenAddress, type ListenAddress } from "../../contracts/listen_address.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { AdmissionRequest, AdmissionResponse } from "./admission.ts";
import { answerReview, type ReviewAnswer } from "./review.ts";

export const WEBHOOK_PATH = "/mutate-transport-connector-pod";

/** An object in etcd has 1.5 MiB at most; a review may carry two of them. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** The API server waits for 30 s at most. */
const REQUEST_TIMEOUT_MS = 30_000;
/** cert-manager renews weeks ahead, and the kubelet takes a minute to bring it here. */
const RELOAD_EVERY_MS = 10_000;

/** PEM of a certificate with its chain, and its key. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface WebhookOptions {
  readonly address: ListenAddress;
  /** Read at the start, and again and again: certificates rotate. */
  readonly readCertificate: () => Promise<ServingCertificate>;
  readonly admit: (request: AdmissionRequest) => Promise<AdmissionResponse>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Told where, with the real port when 0 was asked for. */
  readonly onListen?: (address: string) => void;
  readonly reloadEveryMs?: number;
}

/**
 * Serves the webhook over TLS until `signal` aborts, then ends the answers under way. A certificate
 * that has changed is used from the next connection on; one that cannot be read leaves the old.
 *
 * @throws {Error} when there is no certificate at the start, or the address cannot be had
 */
export async function serveWebhook(options: WebhookOptions): Promise<void> {
  const { address, readCertificate, log, signal, reloadEveryMs = RELOAD_EVERY_MS } = options;
  let current = await readCertificate();
  const server = https.createServer({ ...current, minVersion: "TLSv1.2" }, (request, response) => {
    handle(request, response, options).catch((error) => {
      log("ERROR", "admission failed", { err: error });
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
  server.on("error", (error) => log("ERROR", "webhook failed", { err: error }));
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
      log("INFO", "webhook certificate reloaded");
    } catch (error) {
      const err = error instanceof Error ? error.message : String(error);
      if (err === trouble) return;
      trouble = err;
      log("WARN", "webhook certificate cannot be reloaded, using the old", { err });
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

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { admit, log }: WebhookOptions,
): Promise<void> {
  const answer = await answerRequest(request, admit);
  if (answer.error !== undefined) {
    log("WARN", "pod not admitted", { status: answer.status, err: answer.error });
  }
  response.writeHead(answer.status, {
    "content-type": answer.status === 200 ? "application/json" : "text/plain; charset=utf-8",
    // The API server keeps connections for hours; a new certificate would never be seen on them.
    "connection": "close",
  });
  response.end(answer.body);
}

async function answerRequest(
  request: IncomingMessage,
  admit: WebhookOptions["admit"],
): Promise<ReviewAnswer> {
  const path = (request.url ?? "").split("?")[0];
  if (path !== WEBHOOK_PATH) return { status: 404, body: `there is ${WEBHOOK_PATH}` };
  if (request.method !== "POST") return { status: 405, body: "use POST" };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      const body = `the body is larger than ${MAX_BODY_BYTES} bytes`;
      return { status: 413, body, error: body };
    }
    chunks.push(chunk);
  }
  return await answerReview(await new Blob(chunks as BlobPart[]).text(), admit);
}
