import type { Handler } from "hono";
import type { AppContext, Env } from "../app.ts";

/** `GET /healthz`: the process answers. */
export function healthz(): Handler<Env> {
  return (c) => c.text("ok\n");
}

/** `GET /readyz`: send traffic here; 503 once the process was told to stop. */
export function readyz({ draining }: AppContext): Handler<Env> {
  return (c) => draining() ? c.text("draining\n", 503) : c.text("ok\n");
}
