import { ContractError } from "../../contracts/contract_error.ts";
import type { FlowMessage } from "../../contracts/flow.ts";
import { parseFlowMessage } from "../../contracts/parse_message.ts";
import { exceedsDepth } from "./json_depth.ts";
import { HttpError } from "./http_error.ts";

/** Messages in one request at most: what one request may cost others in time. */
export const MAX_BATCH = 1000;
/** Brackets inside brackets at most: serialising is recursive, so depth is stack. */
export const MAX_JSON_DEPTH = 64;

/** How a body is to be read: one JSON text, or one a line. */
export type BodyFormat = "json" | "ndjson";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The format that a Content-Type announces. None at all is read as JSON, since the original never
 * asked for one. Form and plain-text types are refused: a browser sends those to any site unasked.
 *
 * @throws {HttpError} 415
 */
export function bodyFormat(contentType: string | undefined): BodyFormat {
  if (contentType === undefined || contentType.trim() === "") return "json";
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  if (/^application\/(?:x-)?(?:nd-?json|jsonl(?:ines)?)$/.test(type)) return "ndjson";
  if (/^application\/(?:[\w.-]+\+)?json$/.test(type)) return "json";
  throw new HttpError(
    415,
    "content-type",
    `cannot read ${type}: send application/json (one message or an array) or application/x-ndjson`,
    { Accept: "application/json, application/x-ndjson" },
  );
}

/**
 * The messages of a request body: all of them, or an error that names the first bad one.
 *
 * @throws {HttpError} 400 or, for too many messages, 413
 */
export function readMessages(body: Uint8Array, format: BodyFormat): FlowMessage[] {
  const values = format === "json" ? jsonValues(body) : ndjsonValues(body);
  if (values.length === 0) throw bad("the body holds no message");
  if (values.length > MAX_BATCH) {
    throw new HttpError(
      413,
      "batch-too-large",
      `${values.length} messages in one request: send at most ${MAX_BATCH}`,
    );
  }
  return values.map(({ value, where }) => {
    try {
      return parseFlowMessage(value);
    } catch (error) {
      if (error instanceof ContractError) throw bad(where + error.message, error);
      throw error;
    }
  });
}

interface Located {
  value: unknown;
  /** Where in the body it stands, as the beginning of a sentence. */
  where: string;
}

function jsonValues(body: Uint8Array): Located[] {
  const value = parse(text(body), "");
  return Array.isArray(value)
    ? value.map((item, i) => ({ value: item, where: `message ${i + 1} of ${value.length}: ` }))
    : [{ value, where: "" }];
}

function ndjsonValues(body: Uint8Array): Located[] {
  return text(body).split("\n").flatMap((line, i) => {
    const where = `line ${i + 1}: `;
    return line.trim() === "" ? [] : [{ value: parse(line, where), where }];
  });
}

function text(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (error) {
    throw bad("the body is not valid UTF-8", error);
  }
}

function parse(json: string, where: string): unknown {
  if (json.trim() === "") throw bad(`${where}the body is empty`);
  if (exceedsDepth(json, MAX_JSON_DEPTH)) {
    throw bad(`${where}JSON nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
  try {
    return JSON.parse(json);
  } catch (error) {
    throw bad(`${where}not valid JSON: ${(error as Error).message}`, error);
  }
}

function bad(detail: string, cause?: unknown): HttpError {
  return new HttpError(400, "bad-message", detail, {}, { cause });
}
