import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { ifNoneMatch } from "@std/http/etag";
import type { Handler } from "hono";
import { formatCursor } from "../../contracts/cursor.ts";
import type { AppContext, Env } from "../app.ts";
import { authorize } from "../http/authorize.ts";
import { credentialsOf } from "./credentials.ts";
import { HttpError } from "../http/http_error.ts";
import { flowIdOf } from "./flow_id.ts";

/**
 * `GET /v1/flows/{flowId}/snapshot`: the state as one `snapshot` message. Its ETag is the cursor, so
 * a stream may go on from there, and a poll that finds nothing new costs a 304.
 */
export function getSnapshot({ router, config, access, slowClients }: AppContext): Handler<Env> {
  return async (c) => {
    const flowId = flowIdOf(c, config.maxIdLength);
    await authorize(access, credentialsOf(c), "read", flowId);
    const log = router.get(flowId);
    if (log === undefined) {
      throw new HttpError(404, "no-such-flow", `nothing was posted to flow ${flowId} yet`);
    }
    const etag = `"${formatCursor(log.seq, log.epoch)}"`;
    const headers = { ETag: etag, "Cache-Control": "no-cache" };
    if (!ifNoneMatch(c.req.header("If-None-Match") ?? null, etag)) {
      return c.body(null, 304, headers);
    }
    const { body, shared } = log.snapshot();
    const all = {
      ...headers,
      "Content-Type": "application/json",
      "Content-Length": `${body.length}`,
    };
    if (c.req.method === "HEAD") return c.body(null, 200, all);
    const { outgoing } = c.env;
    outgoing.writeHead(200, {
      // What the middleware has said so far, CORS above all: this answer does not pass through it.
      ...Object.fromEntries(c.res.headers),
      ...all,
      "X-Content-Type-Options": "nosniff",
    });
    slowClients.send(outgoing, body, shared);
    return RESPONSE_ALREADY_SENT;
  };
}
