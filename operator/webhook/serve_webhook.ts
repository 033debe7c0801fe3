import type { IncomingMessage, ServerResponse } from "node:http";
import { serveTls, type TlsOptions } from "../serve_tls.ts";
import type { AdmissionRequest, AdmissionResponse } from "./admission.ts";
import { answerReview, type ReviewAnswer } from "./review.ts";

export const WEBHOOK_PATH = "/mutate-transport-connector-pod";

/** An object in etcd has 1.5 MiB at most; a review may carry two of them. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface WebhookOptions extends Omit<TlsOptions, "what" | "handle"> {
  readonly admit: (request: AdmissionRequest) => Promise<AdmissionResponse>;
}

/**
 * Serves the webhook over TLS until `signal` aborts.
 *
 * @throws {Error} when there is no certificate at the start, or the address cannot be had
 */
export async function serveWebhook(options: WebhookOptions): Promise<void> {
  await serveTls({
    ...options,
    what: "webhook",
    handle: (request, response) => handle(request, response, options),
  });
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
