import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context, Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { authorize } from "../http/authorize.ts";
import { HttpError } from "../http/http_error.ts";
import { nodeOutlet } from "../stream/node_outlet.ts";
import { flowIdOf } from "./flow_id.ts";

const HEADERS = {
  "Content-Type": "text/event-stream",
  // no-transform keeps compressing proxies from holding events back.
  "Cache-Control": "no-cache, no-transform",
  "Connection": "keep-alive",
  // nginx buffers proxied bodies unless it is told not to.
  "X-Accel-Buffering": "no",
  "X-Content-Type-Options": "nosniff",
};

/**
 * `GET /v1/flows/{flowId}/stream`: Server-Sent Events from the place that Last-Event-ID names, or
 * from a snapshot. Never 404: a reader may be there before its flow is.
 */
export function getStream(
  { router, config, access, draining, now, monotonic }: AppContext,
): Handler<Env> {
  return async (c) => {
    const flowId = flowIdOf(c, config.maxIdLength);
    const { expiresAt } = await authorize(c, access, "read", flowId);
    if (draining()) {
      throw new HttpError(503, "draining", "the router is stopping: come back in a moment", {
        "Retry-After": "1",
      });
    }
    if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);
    const request = {
      flowId,
      lastEventId: lastEventId(c),
      address: c.env.incoming.socket.remoteAddress ?? "",
      until: monotonic() + (expiresAt - now()),
    };
    router.admit(request);
    // What the middleware has said so far, CORS above all: this answer does not pass through it.
    const headers = { ...Object.fromEntries(c.res.headers), ...HEADERS };
    router.subscribe(request, nodeOutlet(c.env.incoming, c.env.outgoing, headers));
    return RESPONSE_ALREADY_SENT;
  };
}

/** The header wins; the query serves clients that cannot set one. An empty value is none. */
function lastEventId(c: Context<Env>): string | undefined {
  return c.req.header("Last-Event-ID") || c.req.query("last_event_id") ||
    c.req.query("lastEventId") || undefined;
}
