import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";

/**
 * Lets pages of the listed origins use the router (Fetch §3.2); for every other origin nothing is
 * answered that a browser would take as a permission.
 */
export function corsFor(origins: readonly string[]): MiddlewareHandler {
  const allow = cors({
    origin: [...origins],
    credentials: true,
    allowMethods: ["GET", "HEAD", "POST", "DELETE"],
    allowHeaders: [
      "Authorization",
      "Content-Type",
      "If-None-Match",
      "Last-Event-ID",
      "traceparent",
    ],
    exposeHeaders: ["ETag", "Retry-After"],
    maxAge: 600,
  });
  return async (c, next) => {
    const origin = c.req.header("Origin");
    if (origin === undefined || !origins.includes(origin)) return await next();
    return await allow(c, next);
  };
}
