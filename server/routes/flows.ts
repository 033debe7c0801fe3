import type { Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { flowIdOf } from "./flow_id.ts";

/** `GET /v1/flows`: every flow in a few facts, by id. */
export function listFlows({ router }: AppContext): Handler<Env> {
  return (c) => {
    const flows = router.list().map(({ log, subscribers }) => {
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
export function deleteFlow({ router, config }: AppContext): Handler<Env> {
  return (c) => {
    router.delete(flowIdOf(c, config.maxIdLength));
    return c.body(null, 204);
  };
}
