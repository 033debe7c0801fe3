import type { Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { principalOf } from "../http/authorize.ts";
import { credentialsOf } from "./credentials.ts";

/** `GET /metrics`: Prometheus text format, for whoever is known. */
export function getMetrics({ metrics, access }: AppContext): Handler<Env> {
  return async (c) => {
    await principalOf(access, credentialsOf(c), "read");
    const { registry } = metrics;
    return c.body(await registry.metrics(), 200, { "Content-Type": registry.contentType });
  };
}
