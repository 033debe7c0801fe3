import type { Context } from "hono";
import { idSchema } from "../../contracts/flow.ts";
import { HttpError } from "../http/http_error.ts";

/**
 * The flow that the path names.
 *
 * @param maxLength in characters
 * @throws {HttpError} 400 when it is no valid id
 */
export function flowIdOf(c: Context, maxLength: number): string {
  const result = idSchema.max(maxLength, `must have at most ${maxLength} characters`)
    .safeParse(c.req.param("flowId"));
  if (result.success) return result.data;
  throw new HttpError(400, "flow-id", `the flow id ${result.error.issues[0]?.message}`);
}
