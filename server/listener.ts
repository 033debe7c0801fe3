import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AppContext, asHttpError, type Env } from "./app.ts";
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
  const hono = getRequestListener(app.fetch as Parameters<typeof getRequestListener>[0], {
    hostname,
    overrideGlobalObjects: false,
  });
  return (request, response) => {
    // To queue an answer that can never be sent would let one client fill the memory.
    if (isTaken(request.socket)) return void request.socket.destroy();
    const flowId = plainEventsFlow(context, request);
    if (flowId === undefined) void hono(request, response);
    else void plain(context, flowId, request, response);
  };
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
    const path = request.url ?? "";
    const { status, headers, body } = asHttpError(error, context, { method: "POST", path }).parts();
    response.writeHead(status, { ...headers, "X-Content-Type-Options": "nosniff" });
    response.end(body);
  }
  context.metrics.request("POST", EVENTS_ROUTE, response.statusCode);
}
