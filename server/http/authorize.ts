import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { Access } from "../access/access.ts";
import { TokenError } from "../access/jwt_verifier.ts";
import { type Action, ANYONE, type Principal } from "../access/permissions.ts";
import { HttpError } from "./http_error.ts";

/** The cookie that carries a browser's session. */
export const SESSION_COOKIE = "headrace_session";

/**
 * Who asks: by bearer token (RFC 6750 §2.1, the header only, never the URL), or by the session cookie.
 * A cookie is good for reading only, since a browser sends it along with requests of any page.
 *
 * @param access absent where access control is off
 * @throws {HttpError} 401, or 503 while the token's issuer cannot be asked for its keys
 */
export async function principalOf(
  c: Context,
  access: Access | undefined,
  action: Action,
): Promise<Principal> {
  if (access === undefined) return ANYONE;
  const token = bearerOf(c);
  if (token !== undefined) return await authenticate(access, token);
  const session = action === "read" ? getCookie(c, SESSION_COOKIE) : undefined;
  const principal = session === undefined ? undefined : access.sessions.find(session);
  if (principal !== undefined) return principal;
  throw unauthorized("say who you are: send Authorization: Bearer <token>", "Bearer");
}

/**
 * Checks that whoever asks may do this to the flow.
 *
 * @throws {HttpError} 401, 403 or 503
 */
export async function authorize(
  c: Context,
  access: Access | undefined,
  action: Action,
  flowId: string,
): Promise<Principal> {
  const principal = await principalOf(c, access, action);
  if (principal.may(action, flowId)) return principal;
  throw new HttpError(403, "forbidden", `${principal.name} may not ${action} flow ${flowId}`, {
    "WWW-Authenticate": 'Bearer error="insufficient_scope"',
  });
}

/** The request's bearer token. */
export function bearerOf(c: Context): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
}

/** Whose token it is; errors as answers. */
export async function authenticate(access: Access, token: string): Promise<Principal> {
  try {
    return await access.authenticate(token);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    if (error.code === "unavailable") {
      throw new HttpError(503, "issuer-unavailable", error.message, { "Retry-After": "5" }, {
        cause: error,
      });
    }
    throw unauthorized(error.message, 'Bearer error="invalid_token"', error);
  }
}

function unauthorized(detail: string, challenge: string, cause?: unknown): HttpError {
  return new HttpError(401, "unauthorized", detail, { "WWW-Authenticate": challenge }, { cause });
}
