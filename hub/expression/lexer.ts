import { ExpressionError } from "./errors.ts";
import { hex, isPrint, quote } from "./format.ts";

export type TokenType =
  | "bool"
  | "char"
  | "character"
  | "assign"
  | "declare"
  | "dot"
  | "eof"
  | "field"
  | "identifier"
  | "keyword"
  | "leftDelim"
  | "rightDelim"
  | "leftParen"
  | "rightParen"
  | "nil"
  | "number"
  | "pipe"
  | "rawString"
  | "space"
  | "string"
  | "text"
  | "variable";

export interface Token {
  readonly type: TokenType;
  readonly text: string;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "range",
  "template",
  "with",
]);

const SPACES = " \t\r\n";
const WORD = /[\p{L}\p{Nd}_]/u;

/**
 * Splits a template into tokens: text, and inside `{{ }}` what Go's text/template knows. White
 * space next to a trim marker is gone.
 *
 * @throws {ExpressionError} `parse`
 */
export function* tokens(input: string): Generator<Token> {
  let at = 0;
  while (at < input.length) {
    const open = input.indexOf("{{", at);
    if (open < 0) {
      yield { type: "text", text: input.slice(at) };
      break;
    }
    const trimLeft = input[open + 2] === "-" && isSpace(input[open + 3]);
    const text = input.slice(at, open);
    const kept = trimLeft ? text.replace(/[ \t\r\n]+$/, "") : text;
    if (kept !== "") yield { type: "text", text: kept };
    const start = open + 2 + (trimLeft ? 2 : 0);
    if (input.startsWith("/*", start)) {
      at = afterComment(input, start);
      continue;
    }
    yield { type: "leftDelim", text: "{{" };
    at = yield* action(input, start);
  }
  yield { type: "eof", text: "EOF" };
}

function afterComment(input: string, start: number): number {
  const close = input.indexOf("*/", start + 2);
  if (close < 0) throw parseError("unclosed comment");
  const end = rightDelim(input, close + 2);
  if (end === undefined) throw parseError("comment ends before closing delimiter");
  return end;
}

/** Where the text after a right delimiter begins, or undefined when there is none here. */
function rightDelim(input: string, at: number): number | undefined {
  if (isSpace(input[at]) && input.startsWith("-}}", at + 1)) {
    let end = at + 4;
    while (isSpace(input[end])) end++;
    return end;
  }
  return input.startsWith("}}", at) ? at + 2 : undefined;
}

function* action(input: string, start: number): Generator<Token, number> {
  let at = start;
  let depth = 0;

  const terminated = (end: number) => {
    const next = input[end];
    return next === undefined || isSpace(next) || ".,|:)(".includes(next) ||
      input.startsWith("}}", end);
  };
  const wordEnd = (from: number): number => {
    let end = from;
    for (;;) {
      const character = characterAt(input, end);
      if (character === undefined || !WORD.test(character)) return end;
      end += character.length;
    }
  };
  const word = (from: number): number => {
    const end = wordEnd(from);
    if (!terminated(end)) throw parseError(`bad character ${unicode(characterAt(input, end))}`);
    return end;
  };

  for (;;) {
    const end = rightDelim(input, at);
    if (end !== undefined) {
      if (depth > 0) throw parseError("unclosed left paren");
      yield { type: "rightDelim", text: "}}" };
      return end;
    }
    const character = characterAt(input, at);
    if (character === undefined) throw parseError("unclosed action");
    const from = at;
    let type: TokenType;
    if (isSpace(character)) {
      while (isSpace(input[at]) && rightDelim(input, at) === undefined) at++;
      type = "space";
    } else if (character === "=") {
      at++;
      type = "assign";
    } else if (character === ":") {
      if (input[at + 1] !== "=") throw parseError("expected :=");
      at += 2;
      type = "declare";
    } else if (character === "|") {
      at++;
      type = "pipe";
    } else if (character === '"' || character === "'") {
      at = quoted(input, at, character);
      type = character === '"' ? "string" : "character";
    } else if (character === "`") {
      const close = input.indexOf("`", at + 1);
      if (close < 0) throw parseError("unterminated raw quoted string");
      at = close + 1;
      type = "rawString";
    } else if (character === "$") {
      at = terminated(at + 1) ? at + 1 : word(at + 1);
      type = "variable";
    } else if (character === "." && !/[0-9]/.test(input[at + 1] ?? "")) {
      const bare = terminated(at + 1);
      at = bare ? at + 1 : word(at + 1);
      type = bare ? "dot" : "field";
    } else if (/[.+\-0-9]/.test(character)) {
      at = number(input, at);
      type = "number";
    } else if (WORD.test(character)) {
      at = word(at);
      const text = input.slice(from, at);
      type = KEYWORDS.has(text)
        ? "keyword"
        : text === "nil"
        ? "nil"
        : text === "true" || text === "false"
        ? "bool"
        : "identifier";
    } else if (character === "(") {
      at++;
      depth++;
      type = "leftParen";
    } else if (character === ")") {
      at++;
      if (--depth < 0) throw parseError("unexpected right paren");
      type = "rightParen";
    } else if (character <= "\x7f" && isPrint(character)) {
      at++;
      type = "char";
    } else {
      throw parseError(`unrecognized character in action: ${unicode(character)}`);
    }
    yield { type, text: input.slice(from, at) };
  }
}

function quoted(input: string, start: number, quoteMark: string): number {
  for (let at = start + 1; at < input.length; at++) {
    const character = input[at];
    if (character === "\n") break;
    if (character === "\\") {
      if (input[at + 1] === "\n") break;
      at++;
    } else if (character === quoteMark) return at + 1;
  }
  throw parseError(
    quoteMark === '"' ? "unterminated quoted string" : "unterminated character constant",
  );
}

/** Reads what looks like a number; whether it is one shows when it is parsed. */
function number(input: string, start: number): number {
  const pattern =
    /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
  pattern.lastIndex = start;
  const text = pattern.exec(input)?.[0] ?? "";
  const end = start + text.length;
  const next = characterAt(input, end);
  if (next !== undefined && WORD.test(next)) {
    throw parseError(`bad number syntax: ${quote(text + next)}`);
  }
  if (next === "+" || next === "-") {
    throw parseError(`bad number syntax: ${quote(text)}`);
  }
  return end;
}

function characterAt(input: string, at: number): string | undefined {
  const code = input.codePointAt(at);
  return code === undefined ? undefined : String.fromCodePoint(code);
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && character !== "" && SPACES.includes(character);
}

/** `%#U`. */
function unicode(character: string | undefined): string {
  if (character === undefined) return "U+FFFFFFFFFFFFFFFF";
  const code = hex(character.codePointAt(0) ?? 0, 4).toUpperCase();
  return isPrint(character) ? `U+${code} '${character}'` : `U+${code}`;
}

/** @returns the error of a template that is none */
export function parseError(message: string): ExpressionError {
  return new ExpressionError("parse", message);
}

/** @returns the error of a token that may not stand where it does */
export function unexpected(token: Token, context: string): ExpressionError {
  const text = token.type === "eof"
    ? "EOF"
    : token.type === "keyword" || token.type === "dot" || token.type === "nil"
    ? `<${token.text}>`
    : [...token.text].length > 10
    ? `${quote([...token.text].slice(0, 10).join(""))}...`
    : quote(token.text);
  return parseError(`unexpected ${text} in ${context}`);
}
