import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { routePath } from "hono/route";
import type { Logger } from "../contracts/logger.ts";
import type { Access } from "./access/access.ts";
import type { ServerConfig } from "./config.ts";
import { HttpError } from "./http/http_error.ts";
import { corsFor } from "./http/cors.ts";
import type { SlowClients } from "./http/slow_clients.ts";
import { limitError } from "./http/limit_status.ts";
import { LimitError } from "./limit_error.ts";
import type { Metrics } from "./metrics.ts";
import type { Router } from "./router.ts";
import { openApiDocument } from "./openapi.ts";
import { deleteFlow, listFlows } from "./routes/flows.ts";
import { EVENTS_ROUTE, postEvents } from "./routes/events.ts";
import { postFluxEvents } from "./routes/flux_events.ts";
import { getMetrics } from "./routes/metrics.ts";
import { healthz, readyz } from "./routes/health.ts";
import { root } from "./routes/root.ts";
import { closeSession, openSession } from "./routes/session.ts";
import { getSnapshot } from "./routes/snapshot.ts";
import { getManyStream, getStream } from "./routes/stream.ts";
import { uiAsset } from "./routes/ui.ts";
import type { Asset } from "./ui/assets.ts";

/** What the routes work on. */
export interface AppContext {
  readonly router: Router;
  readonly config: ServerConfig;
  /** Absent where access control is off. */
  readonly access: Access | undefined;
  /** Unix time in ms. */
  now(): number;
  /** The clock of the streams, in ms. */
  monotonic(): number;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly slowClients: SlowClients;
  /** True from the moment that the process was told to stop. */
  draining(): boolean;
}

/** Hono's view of our requests: `node:http` underneath. */
export type Env = { Bindings: HttpBindings };

/** What the adapter marks an answer with that a route has written itself. */
const ALREADY_SENT = "x-hono-already-sent";

/** All routes. Errors become problem documents (RFC 9457), wrong methods 405 with `Allow`. */
export function createApp(context: AppContext): Hono<Env> {
  const app = new Hono<Env>({ strict: false });
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("X-Content-Type-Options", "nosniff");
    const sent = c.res.headers.has(ALREADY_SENT) ? c.env.outgoing.statusCode : c.res.status;
    context.metrics.request(c.req.method, routePath(c), sent);
  });

  app.use(corsFor(context.config.corsOrigins));

  app.get("/", root(context));
  app.get("/ui/:name", uiAsset(context));
  app.get("/healthz", healthz());
  app.get("/readyz", readyz(context));
  app.get("/metrics", getMetrics(context));
  app.get("/openapi.json", (c) => c.json(openApiDocument()));
  app.post("/v1/session", openSession(context));
  app.delete("/v1/session", closeSession(context));
  app.get("/v1/flows", listFlows(context));
  app.delete("/v1/flows/:flowId", deleteFlow(context));
  app.post(EVENTS_ROUTE, postEvents(context));
  app.get("/v1/flows/:flowId/snapshot", getSnapshot(context));
  app.get("/v1/flows/:flowId/stream", getStream(context));
  app.get("/v1/stream", getManyStream(context));
  app.post("/v1/flux/events", postFluxEvents(context));

  for (const [path, methods] of allowedMethods(app)) {
    app.all(path, (c) => {
      throw new HttpError(
        405,
        "method",
        `${c.req.method} is not possible here: use ${methods.join(" or ")}`,
        { Allow: methods.join(", ") },
      );
    });
  }
  app.notFound((c) => {
    return new HttpError(404, "no-such-path", `there is nothing at ${c.req.path}`).toResponse();
  });
  app.onError((error, c) => asHttpError(error, context, c.req).toResponse());
  return app;
}

/** The answer that an error calls for; what nobody foresaw is logged. */
export function asHttpError(
  error: unknown,
  { logger }: Pick<AppContext, "logger">,
  request: { method?: string; path?: string },
): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof LimitError) return limitError(error);
  const stack = error instanceof Error ? error.stack : undefined;
  const { method, path } = request;
  logger("ERROR", "request failed", { method, path, err: error, stack });
  return new HttpError(500, "internal", "the router failed; its log says why");
}

/** The methods of each path, from the routes themselves; GET brings HEAD (RFC 9110 §9.3.2). */
function allowedMethods(app: Hono<Env>): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of app.routes) {
    if (method === "ALL") continue;
    const names = method === "GET" ? ["GET", "HEAD"] : [method];
    methods.set(path, [...methods.get(path) ?? [], ...names]);
  }
  return methods;
}
