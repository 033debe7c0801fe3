import { printValue, sprint } from "../format.ts";
import { sprintf } from "../printf.ts";
import {
  compareStrings,
  entriesOf,
  GoInt,
  GoObject,
  GoSlice,
  GoStringMap,
  int,
  isTrue,
  itemsOf,
  kindName,
  lookUp,
  typeName,
} from "../values.ts";
import { type Context, fail, fn } from "./define.ts";
import { htmlEscape, jsEscape, queryEscape } from "./escape.ts";

/** text/template's own functions, but `len` and `slice`, which others replace. */
export const BUILTINS = {
  and: fn("value, ...value", () => undefined, true),
  or: fn("value, ...value", () => undefined, true),
  not: fn("value", (_, value) => !isTrue(value), true),
  eq: fn("value, ...value", (_, first, ...rest) => equalsAny(first, rest), true),
  ne: fn("value, value", (_, a, b) => !equalsAny(a, [b]), true),
  lt: fn("value, value", (_, a, b) => less(a, b), true),
  le: fn("value, value", (_, a, b) => less(a, b) || equalsAny(a, [b]), true),
  gt: fn("value, value", (_, a, b) => !(less(a, b) || equalsAny(a, [b])), true),
  ge: fn("value, value", (_, a, b) => !less(a, b), true),
  index: fn("value, ...value", (_, item, ...indexes) => index(item, indexes), true),
  call: fn("value, ...value", (_, callee) => notCallable(callee), true),
  print: fn("...any", (_, ...args) => sprint(args), true),
  println: fn("...any", (_, ...args) => `${args.map(format).join(" ")}\n`, true),
  printf: fn("string, ...any", printf, true),
  html: fn("...any", (_, ...args) => htmlEscape(evaluated(args)), true),
  js: fn("...any", (_, ...args) => jsEscape(evaluated(args)), true),
  urlquery: fn("...any", (_, ...args) => queryEscape(evaluated(args)), true),
};

const format = (value: unknown) => sprint([value]);

function printf({ budget }: Context, template: string, ...args: unknown[]): string {
  // Widths make text out of nothing: charge for them before it is made.
  for (const [digits] of template.matchAll(/\d{4,}/g)) budget.work(Number(digits));
  for (const arg of args) {
    if (template.includes("*") && arg instanceof GoInt) budget.work(Math.abs(Number(arg.value)));
  }
  return sprintf(template, args);
}

/** What html, js and urlquery make of their arguments before they escape it. */
function evaluated(args: readonly unknown[]): string {
  if (args.length === 1 && typeof args[0] === "string") return args[0];
  return sprint(args.map((arg) => arg === null || arg === undefined ? printValue(arg) : arg));
}

function basicKind(value: unknown): "bool" | "int" | "uint" | "float" | "string" | undefined {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "string";
  if (value instanceof GoInt) return value.type === "uint8" ? "uint" : "int";
  return value instanceof GoObject && value.kind === "int" ? "int" : undefined;
}

function equalsAny(first: unknown, rest: readonly unknown[]): boolean {
  if (rest.length === 0) throw fail("missing argument for comparison");
  return rest.some((other) => equals(first, other));
}

function equals(a: unknown, b: unknown): boolean {
  const kind = basicKind(a);
  const other = basicKind(b);
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value;
  const present = a !== null && a !== undefined && b !== null && b !== undefined;
  if (kind !== other) {
    if (present) {
      throw fail(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
    }
    return false;
  }
  if (kind !== undefined) return a === b;
  if (!present) return isNil(a) === isNil(b);
  if (kindName(a) !== kindName(b)) {
    throw fail(
      `non-comparable types ${sprintf("%s", [a])}: ${typeName(a)}, ${typeName(b)}: ${
        printValue(b)
      }`,
    );
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  if (!(b instanceof GoObject)) {
    throw fail(`non-comparable type ${sprintf("%s", [b])}: ${typeName(b)}`);
  }
  return a instanceof GoObject && a.type === b.type && a.text() === b.text();
}

function isNil(value: unknown): boolean {
  return value === null || value === undefined || value instanceof GoSlice && value.isNil;
}

function less(a: unknown, b: unknown): boolean {
  const kind = basicKind(a);
  const other = basicKind(b);
  if (kind === undefined || other === undefined) throw fail("invalid type for comparison");
  if (a instanceof GoInt && b instanceof GoInt) return a.value < b.value;
  if (kind !== other) {
    throw fail(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  }
  if (typeof a === "number" && typeof b === "number") return a < b;
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b) < 0;
  throw fail("invalid type for comparison");
}

function index(item: unknown, indexes: readonly unknown[]): unknown {
  if (item === null || item === undefined) throw fail("index of untyped nil");
  let value: unknown = item;
  for (const at of indexes) {
    if (value === null || value === undefined) throw fail("index of nil pointer");
    const items = itemsOf(value);
    const entries = entriesOf(value);
    if (items !== undefined) {
      value = items[indexArgument(at, items.length)] ?? null;
    } else if (typeof value === "string") {
      const bytes = new TextEncoder().encode(value);
      value = int(bytes[indexArgument(at, bytes.length)] ?? 0, "uint8");
    } else if (entries !== undefined) {
      if (at === null || at === undefined) throw fail("value is nil; should be of type string");
      if (typeof at !== "string") throw fail(`value has type ${typeName(at)}; should be string`);
      value = lookUp(entries, at, value instanceof GoStringMap ? "" : null);
    } else throw fail(`can't index item of type ${typeName(value)}`);
  }
  return value;
}

function indexArgument(at: unknown, length: number): number {
  if (at === null || at === undefined) throw fail("cannot index slice/array with nil");
  if (!(at instanceof GoInt)) throw fail(`cannot index slice/array with type ${typeName(at)}`);
  // Go lets the length itself pass here and panics when it reads there.
  if (at.value < 0n || at.value > BigInt(length)) throw fail(`index out of range: ${at.value}`);
  if (at.value === BigInt(length)) throw fail("reflect: slice index out of range");
  return Number(at.value);
}

function notCallable(callee: unknown): never {
  if (callee === null || callee === undefined) throw fail("call of nil");
  throw fail(`non-function of type ${typeName(callee)}`);
}
