import type { Handler } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { AppContext, Env } from "../app.ts";
import { bearerPrincipal, SESSION_COOKIE, sessionId } from "../http/authorize.ts";

/** Out of scripts' reach, sent to this site only and over TLS only (loopback counts as such). */
const COOKIE = { httpOnly: true, sameSite: "Strict", secure: true, path: "/" } as const;

/**
 * `POST /v1/session`: a bearer token becomes a cookie, so that a page's streams need no token in their
 * URLs. 204 also where access control is off.
 */
export function openSession({ access, now }: AppContext): Handler<Env> {
  return async (c) => {
    if (access === undefined) return c.body(null, 204);
    const principal = await bearerPrincipal(access, c.req.header("Authorization"));
    const { id, expiresAt } = access.sessions.open(principal);
    setCookie(c, SESSION_COOKIE, id, {
      ...COOKIE,
      maxAge: Math.max(0, Math.floor((expiresAt - now()) / 1000)),
    });
    return c.body(null, 204);
  };
}

/** `DELETE /v1/session`: logs the browser out. */
export function closeSession({ access }: AppContext): Handler<Env> {
  return (c) => {
    access?.sessions.close(sessionId(c.req.header("Cookie")) ?? "");
    deleteCookie(c, SESSION_COOKIE, COOKIE);
    return c.body(null, 204);
  };
}
