/**
 * Values as Go sees them. JSON data need no conversion: null, booleans, numbers (float64), strings,
 * arrays (`[]interface {}`) and plain objects (`map[string]interface {}`) stand for themselves.
 * `undefined` is reflect's invalid value, which null (a nil interface) is not.
 */

export type IntType = "int" | "int64" | "uint8";

/** An integer of Go; numbers of JSON are floats and never equal one. */
export class GoInt {
  constructor(readonly value: bigint, readonly type: IntType = "int") {}
}

/** `n` as Go's int, or another type of integer. */
export function int(n: number | bigint, type: IntType = "int"): GoInt {
  return new GoInt(BigInt(n), type);
}

/** A slice of another type than `[]interface {}`, or the nil slice of that type. */
export class GoSlice {
  constructor(
    readonly type: "[]string" | "[]interface {}",
    readonly items: readonly unknown[],
  ) {}

  /** A nil slice of any type has no items; only `[]interface {}` can be nil here. */
  get isNil(): boolean {
    return this.type === "[]interface {}";
  }
}

/** `map[string]string`. */
export class GoStringMap {
  constructor(readonly entries: Readonly<Record<string, string>>) {}
}

/** A value with methods, such as a time. */
export abstract class GoObject {
  abstract readonly type: string;
  abstract readonly kind: string;
  /** What `fmt` prints. */
  abstract text(): string;
  abstract json(): string;
  /** A method by its Go name; arguments are checked by their types first. */
  method(_name: string): GoMethod | undefined {
    return undefined;
  }
}

export interface GoMethod {
  readonly params: readonly ParamType[];
  call(...args: unknown[]): unknown;
}

/** What a parameter of a function takes; `value` is any, the invalid value included. */
export type ParamType =
  | "string"
  | "int"
  | "float64"
  | "bool"
  | "any"
  | "value"
  | "map"
  | "time";

export type GoMapLike = { readonly [key: string]: unknown };

/** Whether a value is a `map[string]interface {}`. */
export function isMap(value: unknown): value is GoMapLike {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The items of any slice, or undefined for what is none. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof GoSlice ? value.items : undefined;
}

/** The entries of any map, or undefined for what is none. */
export function entriesOf(value: unknown): GoMapLike | undefined {
  if (value instanceof GoStringMap) return value.entries;
  return isMap(value) ? value : undefined;
}

/** The value of an own key; `zero` when there is none. */
export function lookUp(map: GoMapLike, key: string, zero: unknown = null): unknown {
  return Object.hasOwn(map, key) ? map[key] ?? null : zero;
}

/** The name that `%T` prints. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return "float64";
  }
  if (value instanceof GoInt || value instanceof GoObject || value instanceof GoSlice) {
    return value.type;
  }
  if (Array.isArray(value)) return "[]interface {}";
  return value instanceof GoStringMap ? "map[string]string" : "map[string]interface {}";
}

/** The name of reflect's kind. */
export function kindName(value: unknown): string {
  if (value === null || value === undefined) return "invalid";
  if (itemsOf(value) !== undefined) return "slice";
  if (entriesOf(value) !== undefined) return "map";
  return value instanceof GoObject ? value.kind : typeName(value);
}

/** Whether `if` takes the value for true. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  if (typeof value === "string") return value !== "";
  if (value instanceof GoInt) return value.value !== 0n;
  const items = itemsOf(value);
  if (items !== undefined) return items.length > 0;
  const entries = entriesOf(value);
  return entries === undefined || Object.keys(entries).length > 0;
}

/** Order of Go's strings, which are bytes of UTF-8: that of code points, not of UTF-16. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    // Surrogates stand for code points above every other unit.
    return (isSurrogate(x) ? x + 0x10000 : x) - (isSurrogate(y) ? y + 0x10000 : y);
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Keys of a map in the order in which Go prints and ranges. */
export function sortedKeys(map: GoMapLike): string[] {
  return Object.keys(map).sort(compareStrings);
}

/** `reflect.DeepEqual`: types count, and NaN equals nothing. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (typeName(a) !== typeName(b)) return false;
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value;
  if (a instanceof GoSlice !== b instanceof GoSlice) return false;
  const items = itemsOf(a);
  const others = itemsOf(b);
  if (items !== undefined && others !== undefined) {
    return items.length === others.length &&
      items.every((item, index) => deepEqual(item, others[index]));
  }
  const entries = entriesOf(a);
  const other = entriesOf(b);
  if (entries !== undefined && other !== undefined) {
    const keys = Object.keys(entries);
    return keys.length === Object.keys(other).length &&
      keys.every((key) => Object.hasOwn(other, key) && deepEqual(entries[key], other[key]));
  }
  if (a instanceof GoObject && b instanceof GoObject) return a.text() === b.text();
  return (a ?? null) === (b ?? null);
}

/** A map of entries; a key named `__proto__` stays data. */
export function mapOf(entries: Iterable<readonly [string, unknown]>): GoMapLike {
  return Object.fromEntries(entries);
}
