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
export function getSnapshot({ router, config, access }: AppContext): Handler<Env> {
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
    return c.body(log.snapshot().json + "\n", 200, {
      ...headers,
      "Content-Type": "application/json",
    });
  };
}
