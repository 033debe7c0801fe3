import { readBody } from "./body.ts";
import { KubeError, type KubeErrorCode } from "./errors.ts";

/** Enough for any `Status`; an error page from a proxy is not worth more memory than this. */
const MAX_ERROR_BODY_BYTES = 64 * 1024;

/** How much of a body that is not a `Status` is quoted in the message, in characters. */
const MAX_QUOTED = 200;

/** The fields of `meta/v1 Status` that decide what a client does next. */
export interface Status {
  readonly message: string | undefined;
  readonly reason: string | undefined;
  readonly code: number | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/** Reads a `Status` document, or answers `undefined` when the value is something else. */
export function parseStatus(value: unknown): Status | undefined {
  if (!isRecord(value) || value.kind !== "Status") return undefined;
  const details = isRecord(value.details) ? value.details : {};
  return {
    message: typeof value.message === "string" ? value.message : undefined,
    reason: typeof value.reason === "string" ? value.reason : undefined,
    code: typeof value.code === "number" ? value.code : undefined,
    retryAfterSeconds: typeof details.retryAfterSeconds === "number"
      ? details.retryAfterSeconds
      : undefined,
  };
}

/** The error for a `Status` that arrived inside a watch stream as an `ERROR` event. */
export function errorFromStatus(status: Status, doing: string): KubeError {
  const code = status.code ?? 500;
  return new KubeError(
    codeOf(code, status.reason),
    `${doing}: ${status.message ?? status.reason ?? `status ${code}`}`,
    {
      status: code,
      ...(status.reason === undefined ? {} : { reason: status.reason }),
      ...(status.retryAfterSeconds === undefined
        ? {}
        : { retryAfterMs: status.retryAfterSeconds * 1000 }),
    },
  );
}

/**
 * The error for an HTTP answer that is not a success. Consumes (at most 64 KiB of) the body, so the
 * connection can be used again.
 *
 * @param doing what was attempted, for the message: `GET /apis/...`
 * @param signal ends the reading of the body, not the making of the error
 */
export async function errorFromResponse(
  response: Response,
  doing: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<KubeError> {
  const text = await readBounded(response, signal);
  const status = parseStatus(parseJson(text));
  const retryAfterMs = retryAfter(response.headers.get("retry-after")) ??
    (status?.retryAfterSeconds === undefined ? undefined : status.retryAfterSeconds * 1000);
  const said = status?.message ?? status?.reason ?? quote(text);
  return new KubeError(
    codeOf(response.status, status?.reason),
    `${doing}: ${response.status}${said === "" ? "" : `: ${said}`}`,
    {
      status: response.status,
      ...(status?.reason === undefined ? {} : { reason: status.reason }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

/** `reason` wins over the number: the API server sends `Expired` with 410, proxies may not. */
function codeOf(status: number, reason: string | undefined): KubeErrorCode {
  if (reason === "Expired" || reason === "Gone") return "gone";
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not-found";
    case 409:
      return "conflict";
    case 410:
      return "gone";
    case 429:
      return "too-many-requests";
  }
  // Such as a redirect to a login page: somebody stands between us and the API server.
  if (status < 400) return "bad-response";
  return status < 500 ? "invalid-request" : "server-error";
}

/** Only the delta-seconds form: the API server never sends the date form (RFC 9110 §10.2.3). */
function retryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : undefined;
}

async function readBounded({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of readBody(body, signal)) {
      bytes += chunk.byteLength;
      text += decoder.decode(chunk, { stream: true });
      if (bytes >= MAX_ERROR_BODY_BYTES) break;
    }
  } catch {
    // The status line already says what happened: a body that breaks off takes nothing away from it.
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}…` : line;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
