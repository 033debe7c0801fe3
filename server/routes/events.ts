import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Handler } from "hono";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppContext, Env } from "../app.ts";
import { authorize } from "../http/authorize.ts";
import { readBody } from "../http/read_body.ts";
import { bodyFormat, readMessages } from "../http/read_messages.ts";
import { flowIdOf } from "./flow_id.ts";

/** The route, as Hono and the metrics name it. */
export const EVENTS_ROUTE = "/v1/flows/:flowId/events";

/** A trace context's only version so far (W3C Trace Context §3.2). Anything else is no trace of ours. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * `POST /v1/flows/{flowId}/events`: one message, an array of messages or one a line. All of them are
 * accepted or none. Answers the last one's seq and the log's epoch.
 */
export function postEvents(context: AppContext): Handler<Env> {
  return async (c) => {
    const flowId = flowIdOf(c, context.config.maxIdLength);
    await answer(context, flowId, c.env.incoming, c.env.outgoing, c.res.headers);
    return RESPONSE_ALREADY_SENT;
  };
}

/**
 * The way of almost every request, past Hono: for a small message Request, Response and routing cost
 * more than all the rest. Whatever is not the plain case, errors too, goes the way of all routes.
 *
 * @returns the flow id when this is the plain case
 */
export function plainEventsFlow(
  { config }: AppContext,
  { method, url, headers }: IncomingMessage,
): string | undefined {
  if (method !== "POST" || headers.origin !== undefined) return undefined;
  const segment = /^\/v1\/flows\/([\w.~-]+)\/events$/.exec(url ?? "")?.[1];
  if (segment === undefined || segment.length > config.maxIdLength) return undefined;
  // Steps of a path to every URL parser (RFC 3986 §5.2.4): such a flow could be written and never read.
  return segment === "." || segment === ".." ? undefined : segment;
}

/**
 * Takes the messages of a request and answers it.
 *
 * @param extra headers that the answer gets too
 * @throws {HttpError | LimitError} before anything is answered or changed
 */
export async function answer(
  { router, config, access, metrics }: AppContext,
  flowId: string,
  request: IncomingMessage,
  response: ServerResponse,
  extra?: Headers,
): Promise<void> {
  const { authorization, cookie, traceparent, "content-type": contentType } = request.headers;
  if (access !== undefined) await authorize(access, { authorization, cookie }, "write", flowId);
  const format = bodyFormat(contentType);
  const body = await readBody(request, config.maxBodyBytes);
  const trace = typeof traceparent === "string" && TRACEPARENT.test(traceparent)
    ? traceparent
    : undefined;
  const messages = readMessages(body, format, config, trace);
  const { seq, epoch } = router.publish(flowId, messages);
  metrics.accepted(messages.length, body.length);
  const json = `{"seq":${seq},"epoch":"${epoch}"}\n`;
  response.writeHead(200, {
    ...extra === undefined ? {} : Object.fromEntries(extra),
    "Content-Type": "application/json",
    "Content-Length": json.length,
    "X-Content-Type-Options": "nosniff",
  });
  response.end(json);
}
