import { formatValue, quote } from "../format.ts";
import { type GoInt, GoSlice, GoStringMap, itemsOf } from "../values.ts";
import { onBytes, toBytes } from "./bytes.ts";
import { type Context, fail, fn } from "./define.ts";

/** sprig's functions of strings. */
export const STRINGS = {
  abbrev: fn("int, string", (_, width: GoInt, s: string) => {
    return onBytes(s, (bytes) => abbreviate(bytes, 0, Number(width.value)));
  }),
  abbrevboth: fn("int, int, string", (_, left: GoInt, right: GoInt, s: string) => {
    const [offset, width] = [Number(left.value), Number(right.value)];
    if (width < 4 || (offset > 0 && width < 7)) return s;
    return onBytes(s, (bytes) => abbreviate(bytes, offset, width));
  }),
  trunc: fn("int, string", (_, count: GoInt, s: string) => {
    return onBytes(s, (bytes) => truncate(Number(count.value), bytes));
  }),
  substr: fn("int, int, string", (_, start: GoInt, end: GoInt, s: string) => {
    return onBytes(s, (bytes) => substring(Number(start.value), Number(end.value), bytes));
  }),
  trim: fn("string", (_, s: string) => s.replace(/^[\s\x85]+|[\s\x85]+$/g, "")),
  trimAll: fn("string, string", (_, cutset: string, s: string) => trimAll(s, cutset)),
  trimall: fn("string, string", (_, cutset: string, s: string) => trimAll(s, cutset)),
  trimPrefix: fn("string, string", (_, prefix: string, s: string) => {
    return s.startsWith(prefix) ? s.slice(prefix.length) : s;
  }),
  trimSuffix: fn("string, string", (_, suffix: string, s: string) => {
    return suffix !== "" && s.endsWith(suffix) ? s.slice(0, -suffix.length) : s;
  }),
  nospace: fn("string", (_, s: string) => s.replace(/[\s\x85]/g, "")),
  contains: fn("string, string", (_, part: string, s: string) => s.includes(part)),
  hasPrefix: fn("string, string", (_, prefix: string, s: string) => s.startsWith(prefix)),
  hasSuffix: fn("string, string", (_, suffix: string, s: string) => s.endsWith(suffix)),
  quote: fn("...any", (_, ...args) => present(args).map((arg) => quote(text(arg))).join(" ")),
  squote: fn("...any", (_, ...args) => present(args).map((arg) => `'${text(arg)}'`).join(" ")),
  cat: fn("...any", (_, ...args) => present(args).map(text).join(" ")),
  indent: fn("int, string", (context, n: GoInt, s: string) => indent(context, n, s)),
  nindent: fn("int, string", (context, n: GoInt, s: string) => `\n${indent(context, n, s)}`),
  replace: fn("string, string, string", replace),
  plural: fn("string, string, int", (_, one: string, many: string, count: GoInt) => {
    return count.value === 1n ? one : many;
  }),
  wrap: fn(
    "int, string",
    (context, width: GoInt, s: string) => wrap(context, width, "\n", s, false),
  ),
  wrapWith: fn("int, string, string", (context, width: GoInt, separator: string, s: string) => {
    return wrap(context, width, separator, s, true);
  }),
  toString: fn("any", (_, value) => text(value)),
  toStrings: fn("any", (_, value) => new GoSlice("[]string", strings(value))),
  split: fn("string, string", (_, separator: string, s: string) => {
    return numbered(splitText(s, separator));
  }),
  splitn: fn("string, int, string", (_, separator: string, n: GoInt, s: string) => {
    return numbered(splitN(s, separator, Number(n.value)));
  }),
  splitList: fn("string, string", (_, separator: string, s: string) => {
    return new GoSlice("[]string", splitText(s, separator));
  }),
  join: fn("string, any", ({ budget }, separator: string, value) => {
    const parts = strings(value);
    budget.work(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
    return parts.join(separator);
  }),
};

/** sprig's `strval`. */
export const text = formatValue;

function present(args: readonly unknown[]): unknown[] {
  return args.filter((arg) => arg !== null && arg !== undefined);
}

/** sprig's `strslice`: the items of a slice as texts, or the value itself as the only one. */
export function strings(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const items = itemsOf(value);
  return items === undefined ? [text(value)] : present(items).map(text);
}

function abbreviate(bytes: string, left: number, width: number): string {
  const { length } = bytes;
  if (width < 4 || length <= width) return bytes;
  let offset = Math.min(left, length);
  if (length - offset < width - 3) offset = length - (width - 3);
  if (offset <= 4) return `${bytes.slice(0, width - 3)}...`;
  if (width < 7) return "";
  return offset + width - 3 < length
    ? `...${abbreviate(bytes.slice(offset), 0, width - 3)}`
    : `...${bytes.slice(length - (width - 3))}`;
}

function truncate(count: number, bytes: string): string {
  const { length } = bytes;
  if (count < 0 && length + count > 0) return bytes.slice(length + count);
  return count >= 0 && length > count ? bytes.slice(0, count) : bytes;
}

function substring(start: number, end: number, bytes: string): string {
  const { length } = bytes;
  const bounds = (from: number, to: number) => {
    if (to < 0 || to > length) {
      throw fail(`runtime error: slice bounds out of range [:${to}]${outOf(to, length)}`);
    }
    if (from > to) throw fail(`runtime error: slice bounds out of range [${from}:${to}]`);
    return bytes.slice(from, to);
  };
  if (start < 0) return bounds(0, end);
  if (end < 0 || end > length) return bounds(start, length);
  return bounds(start, end);
}

function outOf(bound: number, length: number): string {
  return bound < 0 ? "" : ` with length ${length}`;
}

function trimAll(s: string, cutset: string): string {
  const cut = new Set(cutset);
  const characters = [...s];
  let start = 0;
  let end = characters.length;
  while (start < end && cut.has(characters[start] ?? "")) start++;
  while (end > start && cut.has(characters[end - 1] ?? "")) end--;
  return characters.slice(start, end).join("");
}

function indent({ budget }: Context, spaces: GoInt, s: string): string {
  const width = Number(spaces.value);
  if (width < 0) throw fail("strings: negative Repeat count");
  budget.work(width * (1 + (s.match(/\n/g)?.length ?? 0)));
  const pad = " ".repeat(width);
  return pad + s.replaceAll("\n", `\n${pad}`);
}

function replace({ budget }: Context, from: string, to: string, s: string): string {
  const parts = from === "" ? ["", ...s, ""] : s.split(from);
  budget.work(s.length + (parts.length - 1) * to.length);
  return parts.join(to);
}

/** `strings.Split`: an empty separator splits between all characters. */
function splitText(s: string, separator: string): string[] {
  return separator === "" ? [...s] : s.split(separator);
}

function splitN(s: string, separator: string, n: number): string[] {
  if (n === 0) return [];
  const parts = splitText(s, separator);
  if (n < 0 || parts.length <= n) return parts;
  return [...parts.slice(0, n - 1), parts.slice(n - 1).join(separator)];
}

function numbered(parts: readonly string[]): GoStringMap {
  return new GoStringMap(Object.fromEntries(parts.map((part, index) => [`_${index}`, part])));
}

/** goutils' Wrap: breaks at spaces; words longer than a line only where `breakWords` says so. */
function wrap(
  { budget }: Context,
  lineWidth: GoInt,
  separator: string,
  s: string,
  breakWords: boolean,
): string {
  const newLine = toBytes(separator === "" ? "\n" : separator);
  const width = Math.max(Number(lineWidth.value), 1);
  budget.work(s.length + Math.ceil(s.length / width) * newLine.length);
  return onBytes(s, (bytes) => {
    let wrapped = "";
    let offset = 0;
    while (bytes.length - offset > width) {
      if (bytes[offset] === " ") {
        offset++;
        continue;
      }
      const space = bytes.slice(offset, offset + width + 1).lastIndexOf(" ");
      if (space >= 0) {
        wrapped += bytes.slice(offset, offset + space) + newLine;
        offset += space + 1;
      } else if (breakWords) {
        wrapped += bytes.slice(offset, offset + width) + newLine;
        offset += width;
      } else {
        const next = bytes.indexOf(" ", offset + width);
        if (next < 0) break;
        wrapped += bytes.slice(offset, next) + newLine;
        offset = next + 1;
      }
    }
    return wrapped + bytes.slice(offset);
  });
}
