import type { Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { authorize, principalOf } from "../http/authorize.ts";
import { credentialsOf } from "./credentials.ts";
import { flowIdOf } from "./flow_id.ts";

/** `GET /v1/flows`: every flow that the reader may see, in a few facts, by id. */
export function listFlows({ router, access }: AppContext): Handler<Env> {
  return async (c) => {
    const principal = await principalOf(access, credentialsOf(c), "read");
    const readable = router.list().filter(({ log }) => principal.may("read", log.flowId));
    const flows = readable.map(({ log, subscribers }) => {
      const { flow, nodes, relationships } = log.state;
      return {
        id: log.flowId,
        status: flow.status,
        epoch: log.epoch,
        seq: log.seq,
        nodes: nodes.size,
        relationships: relationships.size,
        subscribers,
        startedAt: flow.startedAt,
        endedAt: flow.endedAt,
        updatedAt: log.updatedAt,
      };
    });
    return c.json({ flows }, 200, { "Cache-Control": "no-cache" });
  };
}

/** `DELETE /v1/flows/{flowId}`: forgets the flow and ends its streams; 204 also when there is none. */
export function deleteFlow({ router, config, access }: AppContext): Handler<Env> {
  return async (c) => {
    const flowId = flowIdOf(c, config.maxIdLength);
    await authorize(access, credentialsOf(c), "write", flowId);
    router.delete(flowId);
    return c.body(null, 204);
  };
}
