import { Buffer, isUtf8 } from "node:buffer";
import { ContractError } from "../../contracts/contract_error.ts";
import { type FlowMessage, MAX_ID_LENGTH } from "../../contracts/flow.ts";
import { parseFlowMessage } from "../../contracts/parse_message.ts";
import { isPlainMessage } from "../../contracts/plain_message.ts";
import type { EncodedMessage } from "../log/flow_log.ts";
import { checkIdLength } from "./id_length.ts";
import { isDeeperThan } from "./json_depth.ts";
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
  const { maxBatch } = limits;
  const { values, where } = format === "json" ? jsonValues(body) : ndjsonValues(body);
  if (values.length === 0) throw bad("the body holds no message");
  if (values.length > maxBatch) {
    throw new HttpError(
      413,
      "batch-too-large",
      `${values.length} messages in one request: send at most ${maxBatch}`,
    );
  }
  return values.map((value, i) => {
    try {
      return encodeMessage(check(value, limits), limits, traceparent);
    } catch (error) {
      if (error instanceof ContractError) throw bad(where(i) + error.message, error);
      throw error;
    }
  });
}

/** @throws {ContractError} */
function check(value: unknown, { maxIdLength, maxJsonDepth }: MessageLimits): FlowMessage {
  if (isDeeperThan(value, maxJsonDepth)) {
    throw new ContractError(`nested deeper than ${maxJsonDepth} levels`);
  }
  const message = isPlainMessage(value) ? value : parseFlowMessage(value);
  if (maxIdLength < MAX_ID_LENGTH) checkIdLength(message, maxIdLength);
  return message;
}

/**
 * A checked message with its JSON text.
 *
 * @throws {HttpError} 413
 */
export function encodeMessage(
  message: FlowMessage,
  { maxMessageBytes }: Pick<MessageLimits, "maxMessageBytes">,
  traceparent?: string,
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
      `a message has more than ${maxMessageBytes} bytes: send it in several`,
    );
  }
  return { message, json };
}

interface Located {
  readonly values: unknown[];
  /** Where in the body the value of this index stands, as the beginning of a sentence. */
  readonly where: (index: number) => string;
}

/**
 * The one JSON value of a body.
 *
 * @throws {HttpError} 400
 */
export function readJson(body: Uint8Array): unknown {
  return parse(text(body), () => "", 0);
}

function jsonValues(body: Uint8Array): Located {
  const value = readJson(body);
  return Array.isArray(value)
    ? { values: value, where: (i) => `message ${i + 1} of ${value.length}: ` }
    : { values: [value], where: () => "" };
}

function ndjsonValues(body: Uint8Array): Located {
  const lines = text(body).split("\n");
  const filled = [...lines.keys()].filter((i) => lines[i]!.trim() !== "");
  const where = (index: number) => `line ${filled[index]! + 1}: `;
  return { values: filled.map((line, i) => parse(lines[line]!, where, i)), where };
}

/** As `TextDecoder` does it when it is told to be fatal, at a quarter of the price (measured). */
function text(body: Uint8Array): string {
  if (!isUtf8(body)) throw bad("the body is not valid UTF-8");
  const { buffer, byteOffset, length } = body;
  const text = Buffer.from(buffer, byteOffset, length).toString();
  // A byte order mark is no part of the text (WHATWG Encoding §6, "UTF-8 decode").
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function parse(json: string, where: Located["where"], index: number): unknown {
  if (json.trim() === "") throw bad("the body is empty");
  try {
    return JSON.parse(json);
  } catch (error) {
    throw bad(`${where(index)}not valid JSON: ${(error as Error).message}`, error);
  }
}

function bad(detail: string, cause?: unknown): HttpError {
  return new HttpError(400, "bad-message", detail, {}, { cause });
}
