import { exponentDigits, fixedDigits } from "./digits.ts";
import { formatFloat, formatValue, goExponent, negativeZero, notFinite, quote } from "./format.ts";
import { entriesOf, GoInt, GoObject, GoSlice, itemsOf, sortedKeys, typeName } from "./values.ts";

/** Widths and precisions beyond this are refused, as in Go: they would print a million characters. */
const MAX_WIDTH = 1_000_000;

interface Directive {
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

/**
 * `fmt.Sprintf`, without explicit argument indexes. What does not fit is told in the text, as Go
 * does: `%!d(string=x)`, `%!v(MISSING)`, `%!(EXTRA int=1)`.
 */
export function sprintf(format: string, args: readonly unknown[]): string {
  let text = "";
  let next = 0;
  let at = 0;

  const number = (): { value: number | undefined; bad: boolean } => {
    if (format[at] === "*") {
      at++;
      const arg = args[next++];
      const value = arg instanceof GoInt ? Number(arg.value) : NaN;
      if (!(Math.abs(value) <= MAX_WIDTH)) return { value: undefined, bad: true };
      return { value, bad: false };
    }
    const digits = /^\d+/.exec(format.slice(at))?.[0];
    if (digits === undefined) return { value: undefined, bad: false };
    at += digits.length;
    const value = Number(digits);
    return value > MAX_WIDTH ? { value: undefined, bad: true } : { value, bad: false };
  };

  while (at < format.length) {
    const percent = format.indexOf("%", at);
    if (percent < 0) {
      text += format.slice(at);
      break;
    }
    text += format.slice(at, percent);
    at = percent + 1;
    let flags = "";
    while (at < format.length && "+-# 0".includes(format[at] ?? "")) flags += format[at++];
    const width = number();
    if (width.bad) text += "%!(BADWIDTH)";
    let precision: { value: number | undefined; bad: boolean } = { value: undefined, bad: false };
    if (format[at] === ".") {
      at++;
      precision = number();
      if (precision.bad) text += "%!(BADPREC)";
      else if (precision.value === undefined) precision = { value: 0, bad: false };
      else if (precision.value < 0) precision = { value: undefined, bad: false };
    }
    const verb = String.fromCodePoint(format.codePointAt(at) ?? 0);
    if (at >= format.length) {
      text += "%!(NOVERB)";
      break;
    }
    at += verb.length;
    if (verb === "%") {
      text += "%";
      continue;
    }
    if (next >= args.length) {
      text += `%!${verb}(MISSING)`;
      next++;
      continue;
    }
    const negative = width.value !== undefined && width.value < 0;
    const minus = flags.includes("-") || negative;
    text += one({
      plus: flags.includes("+"),
      minus,
      sharp: flags.includes("#"),
      space: flags.includes(" "),
      zero: flags.includes("0") && !minus,
      width: width.value === undefined ? undefined : Math.abs(width.value),
      precision: precision.value,
      verb,
    }, args[next++]);
  }
  if (next < args.length) {
    const extra = args.slice(next)
      .map((arg) =>
        arg === null || arg === undefined ? "<nil>" : `${typeName(arg)}=${formatValue(arg)}`
      );
    text += `%!(EXTRA ${extra.join(", ")})`;
  }
  return text;
}

function one(directive: Directive, arg: unknown): string {
  const { verb } = directive;
  if (verb === "T") return pad(directive, typeName(arg));
  if (arg === null || arg === undefined) {
    return verb === "v" ? pad(directive, "<nil>") : bad(directive, arg);
  }
  if (verb === "v" && directive.sharp) return goSyntax(arg);
  // %+v shows the names of struct fields; numbers get no sign from it.
  if (verb === "v" && directive.plus) return one({ ...directive, plus: false }, arg);
  if (typeof arg === "boolean") {
    return verb === "t" || verb === "v" ? pad(directive, String(arg)) : bad(directive, arg);
  }
  if (typeof arg === "number") return float(directive, arg);
  if (arg instanceof GoInt) return integer(directive, arg);
  if (typeof arg === "string") return string(directive, arg, arg);
  if (arg instanceof GoObject) {
    return "vsqxX".includes(verb) ? string(directive, arg.text(), arg) : bad(directive, arg);
  }
  // Each item of a container is formatted by the same directive.
  const inner = (item: unknown) =>
    item === null || item === undefined ? pad(directive, "<nil>") : one(directive, item);
  const items = itemsOf(arg);
  if (items !== undefined) return `[${items.map(inner).join(" ")}]`;
  const entries = entriesOf(arg) ?? {};
  const pairs = sortedKeys(entries).map((key) => `${one(directive, key)}:${inner(entries[key])}`);
  return `map[${pairs.join(" ")}]`;
}

/** What a verb says that does not fit its argument, which is then printed as by `%v`. */
function bad(directive: Directive, arg: unknown): string {
  const { verb } = directive;
  if (arg === null || arg === undefined) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeName(arg)}=${one({ ...directive, verb: "v" }, arg)})`;
}

function string(directive: Directive, text: string, arg: unknown): string {
  const { verb, precision, sharp } = directive;
  const cut = precision === undefined ? text : [...text].slice(0, precision).join("");
  switch (verb) {
    case "v":
    case "s":
      return pad(directive, cut);
    case "q":
      return pad(directive, sharp && !cut.includes("`") ? `\`${cut}\`` : quote(cut));
    case "x":
    case "X": {
      const bytes = new TextEncoder().encode(text).slice(0, precision);
      const digits = bytes.toHex();
      return pad(directive, verb === "x" ? digits : digits.toUpperCase());
    }
    default:
      return bad(directive, arg);
  }
}

function integer(directive: Directive, arg: GoInt): string {
  const { verb, sharp } = directive;
  const magnitude = arg.value < 0n ? -arg.value : arg.value;
  const sign = arg.value < 0n ? "-" : directive.plus ? "+" : directive.space ? " " : "";
  switch (verb) {
    case "v":
    case "d":
      return digits(directive, sign, "", magnitude.toString());
    case "b":
      return digits(directive, sign, sharp ? "0b" : "", magnitude.toString(2));
    case "o":
      return digits(directive, sign, sharp ? "0" : "", magnitude.toString(8));
    case "O":
      return digits(directive, sign, "0o", magnitude.toString(8));
    case "x":
      return digits(directive, sign, sharp ? "0x" : "", magnitude.toString(16));
    case "X":
      return digits(directive, sign, sharp ? "0X" : "", magnitude.toString(16).toUpperCase());
    case "c":
      return pad(directive, character(arg.value));
    case "q":
      return pad(directive, quote(character(arg.value)).replace(/^"|"$/g, "'").replace('\\"', '"'));
    case "U":
      return pad(directive, `U+${magnitude.toString(16).toUpperCase().padStart(4, "0")}`);
    default:
      return bad(directive, arg);
  }
}

function character(code: bigint): string {
  return code < 0n || code > 0x10ffffn || (code >= 0xd800n && code <= 0xdfffn)
    ? "\ufffd"
    : String.fromCodePoint(Number(code));
}

function digits(directive: Directive, sign: string, prefix: string, text: string): string {
  const { precision, zero, width } = directive;
  if (precision !== undefined) {
    return pad({ ...directive, zero: false }, sign + prefix + text.padStart(precision, "0"));
  }
  const filled = zero && width !== undefined
    ? text.padStart(width - sign.length - prefix.length, "0")
    : text;
  return pad({ ...directive, zero: false }, sign + prefix + filled);
}

function float(directive: Directive, value: number): string {
  const { verb, precision } = directive;
  const special = notFinite(value);
  let text: string;
  if (special !== undefined) text = special.replace("+", "");
  else if (verb === "v" || verb === "g" || verb === "G") {
    text = precision === undefined ? formatFloat(value) : general(value, precision);
  } else if (verb === "f" || verb === "F") text = signed(value, fixedDigits(value, precision ?? 6));
  else if (verb === "e" || verb === "E") {
    text = signed(value, goExponent(exponentDigits(value, precision ?? 6)));
  } else return bad(directive, value);
  if (verb === "G" || verb === "E") text = text.toUpperCase();
  if (!text.startsWith("-")) {
    text = negativeZero(value) + text;
    if (directive.plus && !text.startsWith("-")) text = `+${text}`;
    else if (directive.space && !text.startsWith("-")) text = ` ${text}`;
    if (special === "+Inf" && !text.startsWith("+")) text = directive.space ? text : `+${text}`;
  }
  if (directive.zero && special === undefined && directive.width !== undefined) {
    const sign = /^[+\- ]/.exec(text)?.[0] ?? "";
    text = sign + text.slice(sign.length).padStart(directive.width - sign.length, "0");
  }
  return pad({ ...directive, zero: false }, text);
}

function signed(value: number, digits: string): string {
  return value < 0 ? `-${digits}` : digits;
}

/** `%.Ng`: N significant digits without trailing zeros. */
function general(value: number, precision: number): string {
  const significant = Math.max(precision, 1);
  const exponential = exponentDigits(value, significant - 1);
  const exponent = Number(/e([+-]\d+)$/.exec(exponential)?.[1] ?? 0);
  const trim = (text: string) => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  if (exponent < -4 || exponent >= significant) {
    const [mantissa = "", rest = ""] = exponential.split("e");
    return signed(value, goExponent(`${trim(mantissa)}e${rest}`));
  }
  return signed(value, trim(fixedDigits(value, Math.max(significant - 1 - exponent, 0))));
}

function pad({ width, minus, zero }: Directive, text: string): string {
  if (width === undefined) return text;
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (minus) return text + " ".repeat(missing);
  return (zero ? "0" : " ").repeat(missing) + text;
}

/** `%#v`. */
function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return formatFloat(value);
  if (value instanceof GoSlice && value.isNil) return `${value.type}(nil)`;
  const items = itemsOf(value);
  if (items !== undefined) return `${typeName(value)}{${items.map(goSyntax).join(", ")}}`;
  if (value instanceof GoObject) return value.text();
  const entries = entriesOf(value);
  if (entries !== undefined) {
    const pairs = sortedKeys(entries).map((key) => `${quote(key)}:${goSyntax(entries[key])}`);
    return `${typeName(value)}{${pairs.join(", ")}}`;
  }
  return value instanceof GoInt && value.type === "uint8"
    ? `0x${value.value.toString(16)}`
    : formatValue(value);
}
