import { ContractError } from "../../contracts/contract_error.ts";
import { type FlowMessage, MAX_ID_LENGTH } from "../../contracts/flow.ts";
import { parseFlowMessage } from "../../contracts/parse_message.ts";
import type { EncodedMessage } from "../log/flow_log.ts";
import { checkIdLength } from "./id_length.ts";
import { exceedsDepth } from "./json_depth.ts";
import { HttpError } from "./http_error.ts";

/** What one request may bring. */
export interface MessageLimits {
  readonly maxBatch: number;
  readonly maxMessageBytes: number;
  readonly maxIdLength: number;
  readonly maxJsonDepth: number;
}

/** How a body is to be read: one JSON text, or one a line. */
export type BodyFormat = "json" | "ndjson";

const encoder = new TextEncoder();
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
 * @param traceparent W3C trace context of the request, kept on messages that have none
 * @throws {HttpError} 400, or 413 for too many messages or one that is too large
 */
export function readMessages(
  body: Uint8Array,
  format: BodyFormat,
  limits: MessageLimits,
  traceparent?: string,
): EncodedMessage[] {
  const { maxBatch, maxJsonDepth } = limits;
  const values = format === "json"
    ? jsonValues(body, maxJsonDepth)
    : ndjsonValues(body, maxJsonDepth);
  if (values.length === 0) throw bad("the body holds no message");
  if (values.length > maxBatch) {
    throw new HttpError(
      413,
      "batch-too-large",
      `${values.length} messages in one request: send at most ${maxBatch}`,
    );
  }
  return values.map((located) =>
    encode(check(located, limits), located.where, limits, traceparent)
  );
}

function check({ value, where }: Located, { maxIdLength }: MessageLimits): FlowMessage {
  try {
    const message = parseFlowMessage(value);
    if (maxIdLength < MAX_ID_LENGTH) checkIdLength(message, maxIdLength);
    return message;
  } catch (error) {
    if (error instanceof ContractError) throw bad(where + error.message, error);
    throw error;
  }
}

function encode(
  message: FlowMessage,
  where: string,
  { maxMessageBytes }: MessageLimits,
  traceparent: string | undefined,
): EncodedMessage {
  if (traceparent !== undefined && message["traceparent"] === undefined) {
    message["traceparent"] = traceparent;
  }
  const json = JSON.stringify(message);
  // UTF-8 takes at most three bytes for a UTF-16 unit, so most texts need not be measured.
  if (json.length * 3 > maxMessageBytes && encoder.encode(json).length > maxMessageBytes) {
    throw new HttpError(
      413,
      "message-too-large",
      `${where}the message has more than ${maxMessageBytes} bytes: send it in several`,
    );
  }
  return { message, json };
}

interface Located {
  value: unknown;
  /** Where in the body it stands, as the beginning of a sentence. */
  where: string;
}

function jsonValues(body: Uint8Array, maxDepth: number): Located[] {
  const value = parse(text(body), "", maxDepth);
  return Array.isArray(value)
    ? value.map((item, i) => ({ value: item, where: `message ${i + 1} of ${value.length}: ` }))
    : [{ value, where: "" }];
}

function ndjsonValues(body: Uint8Array, maxDepth: number): Located[] {
  return text(body).split("\n").flatMap((line, i) => {
    const where = `line ${i + 1}: `;
    return line.trim() === "" ? [] : [{ value: parse(line, where, maxDepth), where }];
  });
}

function text(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (error) {
    throw bad("the body is not valid UTF-8", error);
  }
}

function parse(json: string, where: string, maxDepth: number): unknown {
  if (json.trim() === "") throw bad(`${where}the body is empty`);
  if (exceedsDepth(json, maxDepth)) {
    throw bad(`${where}JSON nested deeper than ${maxDepth} levels`);
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
