import { STATUS_TEXT } from "@std/http/status";
import { type Problem, PROBLEM_MEDIA_TYPE } from "../../contracts/problem.ts";

/** A request that is answered with a problem document. The message becomes its `detail`. */
export class HttpError extends Error {
  override readonly name = "HttpError";

  /**
   * @param code a stable word for machines, such as `body-too-large`
   * @param headers that the status calls for, such as `Allow`
   */
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }

  /** The answer: `about:blank`, so the title is the status's own (RFC 9457 §4.2.1). */
  parts(): { status: number; headers: Record<string, string>; body: string } {
    const problem: Problem = {
      type: "about:blank",
      title: STATUS_TEXT[this.status] ?? "Error",
      status: this.status,
      detail: this.message,
      code: this.code,
    };
    const headers = { "Content-Type": PROBLEM_MEDIA_TYPE, ...this.headers };
    return { status: this.status, headers, body: JSON.stringify(problem) };
  }

  /** {@linkcode parts} as a Response. */
  toResponse(): Response {
    const { status, headers, body } = this.parts();
    return new Response(body, { status, headers });
  }
}
