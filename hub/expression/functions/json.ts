import { entriesOf, GoInt, GoObject, GoSlice, itemsOf, sortedKeys } from "../values.ts";
import { goExponent } from "../format.ts";
import { fail, fn } from "./define.ts";

/** sprig's JSON; `must` reports what the others swallow. */
export const JSON_FUNCTIONS = {
  fromJson: fn("string", (_, source: string) => decode(source) ?? null),
  mustFromJson: fn("string", (_, source: string) => {
    const value = decode(source);
    if (value === undefined) throw fail("it is no JSON");
    return value;
  }),
  toJson: fn("any", (_, value) => orEmpty(() => escapeHtml(encode(value)))),
  mustToJson: fn("any", (_, value) => escapeHtml(encode(value))),
  toPrettyJson: fn("any", (_, value) => orEmpty(() => escapeHtml(encode(value, "")))),
  mustToPrettyJson: fn("any", (_, value) => escapeHtml(encode(value, ""))),
  toRawJson: fn("any", (_, value) => encode(value)),
  mustToRawJson: fn("any", (_, value) => encode(value)),
};

/** A JSON text's value, or undefined when it is none; a number too large for a float is none. */
export function decode(source: string): unknown {
  try {
    const value: unknown = JSON.parse(source);
    return hasInfinity(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function hasInfinity(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasInfinity);
}

function orEmpty(encoded: () => string): string {
  try {
    return encoded();
  } catch {
    // sprig ignores the error of what JSON cannot say, such as NaN.
    return "";
  }
}

/** `json.Marshal` without its HTML escapes: keys sorted; with `indent`, one field a line. */
function encode(value: unknown, indent?: string): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return encodeNumber(value);
  if (typeof value === "string") return encodeString(value);
  if (value instanceof GoInt) return value.value.toString();
  if (value instanceof GoObject) return value.json();
  if (value instanceof GoSlice && value.isNil) return "null";
  const inner = indent === undefined ? undefined : `${indent}  `;
  const items = itemsOf(value);
  if (items !== undefined) return block("[", "]", items.map((item) => encode(item, inner)), indent);
  const entries = entriesOf(value) ?? {};
  const colon = indent === undefined ? ":" : ": ";
  const fields = sortedKeys(entries)
    .map((key) => encodeString(key) + colon + encode(entries[key], inner));
  return block("{", "}", fields, indent);
}

function block(open: string, close: string, parts: string[], indent: string | undefined): string {
  if (indent === undefined || parts.length === 0) return open + parts.join(",") + close;
  return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(",\n")}\n${indent}${close}`;
}

function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw fail("json: unsupported value");
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-6 || magnitude >= 1e21)) {
    // encoding/json cuts the exponent's leading zero that fmt writes.
    return goExponent(value.toExponential()).replace(/e-0(\d)$/, "e-$1");
  }
  return Object.is(value, -0) ? "-0" : String(value);
}

function encodeString(value: string): string {
  return JSON.stringify(value.toWellFormed()).replace(
    /[\u2028\u2029\x7f]/g,
    (character) => character === "\x7f" ? character : `\\u${character.charCodeAt(0).toString(16)}`,
  );
}

/** What `json.Marshal` escapes so that a text may stand inside of HTML. */
function escapeHtml(json: string): string {
  return json.replace(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}
