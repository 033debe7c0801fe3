import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AppContext, asHttpError, type Env } from "./app.ts";
import { HttpError } from "./http/http_error.ts";
import { limitUnreadBody } from "./http/unread_body.ts";
import { answer, EVENTS_ROUTE, plainEventsFlow } from "./routes/events.ts";
import { isTaken } from "./stream/node_outlet.ts";

/**
 * What `node:http` calls for each request: Hono, but for plain posts of messages.
 *
 * @param hostname stands in for a missing Host header, which HTTP/1.0 allows
 */
export function requestListener(
  app: Hono<Env>,
  context: AppContext,
  hostname: string,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { requestTimeout } = context.config;
  const hono = getRequestListener(app.fetch as Parameters<typeof getRequestListener>[0], {
    hostname,
    overrideGlobalObjects: false,
    errorHandler(error) {
      const { status, headers, body } = asHttpError(asBadTarget(error), context, {}).parts();
      return new Response(body, { status, headers: { ...headers, ...NO_SNIFFING } });
    },
  });
  return (request, response) => {
    // To queue an answer that can never be sent would let one client fill the memory.
    if (isTaken(request.socket)) return void request.socket.destroy();
    const flowId = plainEventsFlow(context, request);
    if (flowId !== undefined) return void plain(context, flowId, request, response);
    limitUnreadBody(request, response, requestTimeout);
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      return refuse(response, new HttpError(400, "host", "HTTP/1.1 needs one Host header"));
    }
    void hono(request, response);
  };
}

/** For the rest of a body whose sender was told not to send it. */
const UNEXPECTED_BODY_MS = 1_000;

/** For what a client may `Expect` and nobody offers (RFC 9110 §10.1.1). */
export function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  limitUnreadBody(request, response, UNEXPECTED_BODY_MS);
  refuse(response, new HttpError(417, "expectation", "nothing is known but Expect: 100-continue"));
}

async function plain(
  context: AppContext,
  flowId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await answer(context, flowId, request, response);
  } catch (error) {
    limitUnreadBody(request, response, context.config.requestTimeout);
    const { method = "", url: path = "" } = request;
    refuse(response, asHttpError(error, context, { method, path }));
  }
  context.metrics.request("POST", EVENTS_ROUTE, response.statusCode);
}

const NO_SNIFFING = { "X-Content-Type-Options": "nosniff" };

function refuse(response: ServerResponse, error: HttpError): void {
  const { status, headers, body } = error.parts();
  response.writeHead(status, {
    ...headers,
    ...NO_SNIFFING,
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** A request that is HTTP but names nothing that can be looked up, such as `OPTIONS *`. */
function asBadTarget(error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  return new HttpError(
    400,
    "request-target",
    `cannot read what is asked for: ${error.message}`,
    {},
    {
      cause: error,
    },
  );
}
