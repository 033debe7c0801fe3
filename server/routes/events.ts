import type { Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { readBody } from "../http/read_body.ts";
import { bodyFormat, readMessages } from "../http/read_messages.ts";
import { flowIdOf } from "./flow_id.ts";

/** 1 MiB, inclusive, as the original has it. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * `POST /v1/flows/{flowId}/events`: one message, an array of messages or one a line. All of them are
 * accepted or none. Answers the last one's seq and the log's epoch.
 */
export function postEvents({ router }: AppContext): Handler<Env> {
  return async (c) => {
    const flowId = flowIdOf(c);
    const format = bodyFormat(c.req.header("Content-Type"));
    const messages = readMessages(await readBody(c.env.incoming, MAX_BODY_BYTES), format);
    const { seq, epoch } = router.publish(flowId, messages);
    return c.json({ seq, epoch });
  };
}
