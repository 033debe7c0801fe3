import { PROBLEM_MEDIA_TYPE, problemSchema } from "../../../contracts/problem.ts";
import type { WireRequest } from "./request.ts";
import type { FuzzResponse } from "./response.ts";

/** Bounds that 503 may explain: others use what there is. */
const LIMITS = new Set(["too-many-streams", "too-many-streams-of-flow"]);

/** What node's parser refuses by itself, without a body. */
const BARE_REFUSALS = new Set([400, 408, 413, 431]);

/**
 * What is wrong with an answer.
 *
 * @returns undefined when nothing is
 */
export function judge(
  { method, wellFormed }: Pick<WireRequest, "method" | "wellFormed">,
  { status, head, contentType, body = "" }: FuzzResponse,
): string | undefined {
  if (status < 400) return undefined;
  if (contentType === undefined && body === "" && BARE_REFUSALS.has(status)) {
    return wellFormed ? `a bare ${status} for what HTTP allows` : undefined;
  }
  if (contentType !== PROBLEM_MEDIA_TYPE) return `${status} as ${contentType}: ${body}`;
  if (!/\r\nx-content-type-options: nosniff\r\n/i.test(head)) return `${status} may be sniffed`;
  if (method === "HEAD") return status < 500 ? undefined : `${status} for HEAD`;
  const problem = problemSchema.safeParse(jsonOf(body));
  if (!problem.success || problem.data.status !== status || problem.data.detail === "") {
    return `${status} without a problem document: ${body}`;
  }
  const { code } = problem.data;
  if (typeof code !== "string") return `${status} without a code: ${body}`;
  if (status < 500 || (status === 503 && LIMITS.has(code))) return undefined;
  return `${status}: ${body}`;
}

/** The first status of 500 and above in bytes that cannot be told apart, if there is one. */
export function serverError(received: string): string | undefined {
  return /(?:^|\r\n)HTTP\/1\.1 (5\d\d [^\r\n]*)/.exec(received)?.[1];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
