import { parse } from "hono/utils/cookie";
import type { Access } from "../access/access.ts";
import { TokenError } from "../access/jwt_verifier.ts";
import { type Action, ANYONE, type Principal } from "../access/permissions.ts";
import { HttpError } from "./http_error.ts";

/** The cookie that carries a browser's session. */
export const SESSION_COOKIE = "headrace_session";

/** The request headers that say who asks. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
}

/**
 * Who asks: by bearer token (RFC 6750 §2.1, the header only, never the URL), or by the session cookie.
 * A cookie is good for reading only, since a browser sends it along with requests of any page.
 *
 * @param access absent where access control is off
 * @throws {HttpError} 401, or 503 while the token's issuer cannot be asked for its keys
 */
export async function principalOf(
  access: Access | undefined,
  { authorization, cookie }: Credentials,
  action: Action,
): Promise<Principal> {
  if (access === undefined) return ANYONE;
  const token = bearerToken(authorization);
  if (token !== undefined) return await authenticate(access, token);
  const session = action === "read" ? sessionId(cookie) : undefined;
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
  access: Access | undefined,
  credentials: Credentials,
  action: Action,
  flowId: string,
): Promise<Principal> {
  return permit(await principalOf(access, credentials, action), action, flowId);
}

/**
 * Holds a known principal to its grants.
 *
 * @throws {HttpError} 403
 */
export function permit(principal: Principal, action: Action, flowId: string): Principal {
  if (principal.may(action, flowId)) return principal;
  throw new HttpError(403, "forbidden", `${principal.name} may not ${action} flow ${flowId}`, {
    "WWW-Authenticate": 'Bearer error="insufficient_scope"',
  });
}

/**
 * Whose token an `Authorization` header holds.
 *
 * @throws {HttpError} 401, or 503 while the token's issuer cannot be asked for its keys
 */
export async function bearerPrincipal(
  access: Access,
  authorization: string | undefined,
): Promise<Principal> {
  const token = bearerToken(authorization);
  if (token === undefined) throw unauthorized("send Authorization: Bearer <token>", "Bearer");
  return await authenticate(access, token);
}

/**
 * Who signed a body, by its `X-Signature` header.
 *
 * @throws {HttpError} 401
 */
export function signerOf(access: Access, signature: string, body: Uint8Array): Principal {
  const principal = access.signerOf(signature, body);
  if (principal !== undefined) return principal;
  throw unauthorized("X-Signature is not of this body with any key known here", "Bearer");
}

/** The session that a `Cookie` header names. */
export function sessionId(cookie: string | undefined): string | undefined {
  return cookie === undefined ? undefined : parse(cookie, SESSION_COOKIE)[SESSION_COOKIE];
}

function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? "")?.[1];
}

async function authenticate(access: Access, token: string): Promise<Principal> {
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
