import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context, Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { matches, type Principal } from "../access/permissions.ts";
import { parseCursors } from "../../contracts/cursor.ts";
import { authorize, principalOf } from "../http/authorize.ts";
import { credentialsOf } from "./credentials.ts";
import { HttpError } from "../http/http_error.ts";
import { responseSocket } from "../http/response_socket.ts";
import { nodeOutlet } from "../stream/node_outlet.ts";
import type { Outlet } from "../stream/outlet.ts";
import { flowIdOf } from "./flow_id.ts";

/** Patterns in one request. */
const MAX_PATTERNS = 100;

const HEADERS = {
  "Content-Type": "text/event-stream",
  // no-transform keeps compressing proxies from holding events back.
  "Cache-Control": "no-cache, no-transform",
  // The connection ends with the stream: a client that kept it would lose its next request (RFC 9112
  // §9.6). The original says keep-alive all the same.
  "Connection": "close",
  // nginx buffers proxied bodies unless it is told not to.
  "X-Accel-Buffering": "no",
  "X-Content-Type-Options": "nosniff",
};

/**
 * `GET /v1/flows/{flowId}/stream`: Server-Sent Events from the place that Last-Event-ID names, or
 * from a snapshot. Never 404: a reader may be there before its flow is.
 */
export function getStream(context: AppContext): Handler<Env> {
  const { router, config, access } = context;
  return async (c) => {
    const flowId = flowIdOf(c, config.maxIdLength);
    const principal = await authorize(access, credentialsOf(c), "read", flowId);
    const request = { flowId, lastEventId: lastEventId(c), ...client(c, context, principal) };
    return await answer(
      c,
      context,
      () => router.admit(request),
      (outlet) => router.subscribe(request, outlet),
    );
  };
}

/**
 * `GET /v1/stream?flow=a&flow=b*`: several flows on one connection, of which browsers allow six to an
 * origin. The ids of its events resume every flow exactly.
 */
export function getManyStream(context: AppContext): Handler<Env> {
  const { router, access } = context;
  return async (c) => {
    const principal = await principalOf(access, credentialsOf(c), "read");
    const patterns = c.req.queries("flow") ?? [];
    if (patterns.length === 0 || patterns.length > MAX_PATTERNS) {
      throw new HttpError(
        400,
        "flow-patterns",
        `name 1 to ${MAX_PATTERNS} flows, as in ?flow=a&flow=b*; * stands for any characters`,
      );
    }
    const request = {
      wants: (flowId: string) =>
        patterns.some((pattern) => matches(pattern, flowId)) && principal.may("read", flowId),
      // A stream of several says what is left of its flows, so an id that is none needs no reason.
      cursors: parseCursors(lastEventId(c) ?? "") ?? new Map<string, number>(),
      ...client(c, context, principal),
    };
    return await answer(
      c,
      context,
      () => router.admitMany(request),
      (outlet) => router.subscribeMany(request, outlet),
    );
  };
}

function refuseWhileDraining({ draining }: AppContext): void {
  if (!draining()) return;
  throw new HttpError(503, "draining", "the router is stopping: come back in a moment", {
    "Retry-After": "1",
  });
}

function client(c: Context<Env>, { now, monotonic }: AppContext, { expiresAt }: Principal) {
  return {
    address: c.env.incoming.socket.remoteAddress ?? "",
    until: monotonic() + (expiresAt - now()),
  };
}

/**
 * Begins the answer and hands it to the fan-out; HEAD gets the headers only.
 *
 * @param admit throws while nothing is answered yet, when there is no room for the stream
 */
async function answer(
  c: Context<Env>,
  context: AppContext,
  admit: () => void,
  subscribe: (outlet: Outlet) => void,
): Promise<Response> {
  const { incoming, outgoing } = c.env;
  const isHead = c.req.method === "HEAD";
  const socket = isHead ? undefined : await responseSocket(incoming, outgoing);
  if (socket === undefined && !isHead) return RESPONSE_ALREADY_SENT;
  // From here on nothing is awaited: what is admitted is what is opened.
  refuseWhileDraining(context);
  admit();
  if (socket === undefined) return c.body(null, 200, HEADERS);
  // What the middleware has said so far, CORS above all: this answer does not pass through it.
  const headers = { ...Object.fromEntries(c.res.headers), ...HEADERS };
  subscribe(nodeOutlet(socket, incoming, outgoing, headers));
  return RESPONSE_ALREADY_SENT;
}

/** The header wins; the query serves clients that cannot set one. An empty value is none. */
function lastEventId(c: Context<Env>): string | undefined {
  return c.req.header("Last-Event-ID") || c.req.query("last_event_id") ||
    c.req.query("lastEventId") || undefined;
}
