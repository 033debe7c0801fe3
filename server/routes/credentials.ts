import type { Context } from "hono";
import type { Credentials } from "../http/authorize.ts";

/** What a request says of who sends it. */
export function credentialsOf(c: Context): Credentials {
  return { authorization: c.req.header("Authorization"), cookie: c.req.header("Cookie") };
}
