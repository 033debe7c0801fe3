import type { Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { authorize } from "../http/authorize.ts";
import { readBody } from "../http/read_body.ts";
import { bodyFormat, readMessages } from "../http/read_messages.ts";
import { flowIdOf } from "./flow_id.ts";

/** A trace context's only version so far (W3C Trace Context §3.2). Anything else is no trace of ours. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * `POST /v1/flows/{flowId}/events`: one message, an array of messages or one a line. All of them are
 * accepted or none. Answers the last one's seq and the log's epoch.
 */
export function postEvents({ router, config, access, metrics }: AppContext): Handler<Env> {
  return async (c) => {
    const flowId = flowIdOf(c, config.maxIdLength);
    await authorize(c, access, "write", flowId);
    const format = bodyFormat(c.req.header("Content-Type"));
    const traceparent = c.req.header("traceparent");
    const body = await readBody(c.env.incoming, config.maxBodyBytes);
    const messages = readMessages(
      body,
      format,
      config,
      traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined,
    );
    const { seq, epoch } = router.publish(flowId, messages);
    metrics.accepted(messages.length, body.length);
    return c.json({ seq, epoch });
  };
}
