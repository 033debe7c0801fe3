import type { Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { HttpError } from "../http/http_error.ts";
import type { Asset } from "../ui/assets.ts";

/** No inline script, no other origin: what a node's message says can never run. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** `GET /ui/{name}`: the files that the page loads. */
export function uiAsset({ assets }: AppContext): Handler<Env> {
  return (c) => {
    const asset = assets.get(c.req.param("name") ?? "");
    if (asset === undefined) {
      throw new HttpError(404, "no-such-path", `there is nothing at ${c.req.path}`);
    }
    return assetResponse(asset);
  };
}

/** The answer that carries an asset. It changes with the router's version, so it is revalidated. */
export function assetResponse({ contentType, body }: Asset): Response {
  return new Response(body, {
    headers: {
      "Content-Type": contentType,
      "Content-Security-Policy": CONTENT_SECURITY_POLICY,
      "Cache-Control": "no-cache",
      "Referrer-Policy": "no-referrer",
    },
  });
}
