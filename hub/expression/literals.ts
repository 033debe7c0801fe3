import { quote } from "./format.ts";
import { parseError } from "./lexer.ts";
import type { NumberOperand } from "./nodes.ts";
import { int } from "./values.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/**
 * `strconv.Unquote` of a literal in double quotes or backquotes, or of one character in single
 * quotes.
 *
 * @throws {ExpressionError} `parse` when the literal is malformed
 */
export function unquote(source: string): string {
  const mark = source[0];
  if (mark === "`") return source.slice(1, -1).replaceAll("\r", "");
  const body = source.slice(1, -1);
  const text = unescape(body, mark === "'" ? "'" : '"');
  if (text === undefined) throw parseError("invalid syntax");
  if (mark === "'" && text === "") throw parseError("invalid syntax");
  if (mark === "'" && [...text].length !== 1) {
    throw parseError(`malformed character constant: ${source}`);
  }
  return text;
}

function unescape(body: string, mark: string): string | undefined {
  let text = "";
  // \x and octal escapes are bytes: those of one run make up UTF-8 together.
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) text += new TextDecoder().decode(Uint8Array.from(bytes));
    bytes = [];
  };
  for (let at = 0; at < body.length;) {
    const character = body[at] ?? "";
    if (character !== "\\") {
      if (character === mark || character === "\n") return undefined;
      flush();
      text += character;
      at++;
      continue;
    }
    const escape = body[at + 1] ?? "";
    const simple = SIMPLE[escape];
    if (simple !== undefined) {
      if ((escape === "'" || escape === '"') && escape !== mark) return undefined;
      flush();
      text += simple;
      at += 2;
      continue;
    }
    const octal = /^[0-7]{3}/.exec(body.slice(at + 1))?.[0];
    if (octal !== undefined) {
      const code = parseInt(octal, 8);
      if (code > 255) return undefined;
      bytes.push(code);
      at += 4;
      continue;
    }
    const width = { x: 2, u: 4, U: 8 }[escape];
    const digits = width === undefined ? "" : body.slice(at + 2, at + 2 + width);
    if (width === undefined || !new RegExp(`^[0-9a-fA-F]{${width}}$`).test(digits)) {
      return undefined;
    }
    const code = parseInt(digits, 16);
    if (escape === "x") bytes.push(code);
    else {
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
      flush();
      text += String.fromCodePoint(code);
    }
    at += 2 + width;
  }
  flush();
  return text;
}

/**
 * A number or character constant, under all the types that can hold it.
 *
 * @throws {ExpressionError} `parse` when it is none
 */
export function numberOperand(source: string): NumberOperand {
  if (source.startsWith("'")) {
    const code = unquote(source).codePointAt(0) ?? 0;
    return { type: "number", source, int: int(code), float: code, constant: int(code) };
  }
  const illegal = parseError(`illegal number syntax: ${quote(source)}`);
  // Complex numbers exist in Go's language; nothing that a packet carries needs them.
  if (source.endsWith("i")) throw illegal;
  const whole = parseInteger(source);
  if (whole !== undefined) {
    const value = whole >= INT64_MIN && whole <= INT64_MAX ? int(whole) : undefined;
    // Beyond int64 but inside of uint64: only the use as a number of any type fails.
    if (value === undefined && (whole < 0n || whole > 2n ** 64n - 1n)) {
      throw parseError(`integer overflow: ${quote(source)}`);
    }
    return { type: "number", source, int: value, float: Number(whole), constant: value };
  }
  const float = parseFloatGo(source);
  if (float === undefined) throw illegal;
  if (!/[.eEpP]/.test(source)) throw parseError(`integer overflow: ${quote(source)}`);
  const fits = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return {
    type: "number",
    source,
    int: fits ? int(BigInt(float)) : undefined,
    float,
    constant: float,
  };
}

/** `strconv.ParseInt(text, 0, …)` without its bounds: signs, prefixes and underscores. */
export function parseInteger(text: string): bigint | undefined {
  const match =
    /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/
      .exec(text);
  if (match === null) return undefined;
  const digits = (match[2] ?? "").replaceAll("_", "");
  const value = /^0[0-7]+$/.test(digits)
    ? BigInt(`0o${digits.slice(1)}`)
    : BigInt(digits.toLowerCase());
  return match[1] === "-" ? -value : value;
}

/** `strconv.ParseFloat`, underscores as in a literal; undefined when the text is no number. */
export function parseFloatGo(text: string): number | undefined {
  // One underscore may stand between two digits, and after a prefix such as 0x.
  if (/__|^_|_$|[^0-9a-fA-FxX]_|_[^0-9a-fA-F]/.test(text)) return undefined;
  const plain = text.replaceAll("_", "");
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain)) {
    const value = Number(plain);
    return Number.isFinite(value) ? value : undefined;
  }
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(plain);
  if (hex !== null && `${hex[2]}${hex[3]}` !== "") {
    const mantissa = parseInt(`${hex[2]}${hex[3]}`, 16) * 2 ** (-4 * (hex[3] ?? "").length);
    const value = mantissa * 2 ** Number(hex[4]);
    return hex[1] === "-" ? -value : value;
  }
  const special = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(plain);
  if (special === null) return undefined;
  if (/nan/i.test(special[2] ?? "")) return NaN;
  return special[1] === "-" ? -Infinity : Infinity;
}
