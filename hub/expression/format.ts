import { entriesOf, GoInt, GoObject, itemsOf, sortedKeys } from "./values.ts";

/** `fmt`'s `%v`; a nil inside is `<nil>`. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return formatFloat(value);
    case "boolean":
      return String(value);
  }
  if (value instanceof GoInt) return value.value.toString();
  if (value instanceof GoObject) return value.text();
  const items = itemsOf(value);
  if (items !== undefined) return `[${items.map(formatValue).join(" ")}]`;
  const entries = entriesOf(value) ?? {};
  const pairs = sortedKeys(entries).map((key) => `${key}:${formatValue(entries[key])}`);
  return `map[${pairs.join(" ")}]`;
}

/** What an action prints: a nil on its own is `<no value>`. */
export function printValue(value: unknown): string {
  return value === null || value === undefined ? "<no value>" : formatValue(value);
}

/** `fmt.Sprint`: a space between two operands when neither is a string. */
export function sprint(args: readonly unknown[]): string {
  let text = "";
  for (const [index, arg] of args.entries()) {
    const spaced = index > 0 && typeof arg !== "string" && typeof args[index - 1] !== "string";
    text += (spaced ? " " : "") + formatValue(arg);
  }
  return text;
}

/** `%v` of a float64: shortest digits, with an exponent below 1e-4 and from 1e6 on. */
export function formatFloat(value: number): string {
  const special = notFinite(value);
  if (special !== undefined) return special;
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) {
    return goExponent(value.toExponential());
  }
  return negativeZero(value) + String(value);
}

export function notFinite(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : undefined;
}

/** JavaScript drops the sign of -0, Go prints it. */
export function negativeZero(value: number): string {
  return Object.is(value, -0) ? "-" : "";
}

/** Go's exponents have two digits or more. */
export function goExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrint(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** `strconv.Quote`. */
export function quote(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const escape = ESCAPES[character];
    if (escape !== undefined) quoted += escape;
    else if (isPrint(character)) quoted += character;
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${hex(code, 2)}`;
    else quoted += code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  }
  return quoted + '"';
}

export function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}
