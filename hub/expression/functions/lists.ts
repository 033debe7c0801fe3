import { compareStrings, deepEqual, GoInt, GoSlice, isTrue, itemsOf, kindName } from "../values.ts";
import { fail, type Fn, fn } from "./define.ts";
import { toInt64 } from "./numbers.ts";
import { strings, text } from "./strings.ts";

const push = fn("any, any", (_, list, value) => [...slice(list, "push on"), value]);
const prepend = fn("any, any", (_, list, value) => [value, ...slice(list, "prepend on")]);
const first = fn("any", (_, list) => slice(list, "find first on")[0] ?? null);
const last = fn("any", (_, list) => slice(list, "find last on").at(-1) ?? null);
const rest = fn("any", (_, list) => part(slice(list, "find rest on"), 1));
const initial = fn("any", (_, list) => part(slice(list, "find initial on"), 0, -1));
const reverse = fn("any", (_, list) => slice(list, "find reverse on").toReversed());
const compact = fn("any", (_, list) => slice(list, "compact on").filter(isTrue));
const uniq = fn("any", ({ budget }, list) => {
  const items = slice(list, "find uniq on");
  // Each item is compared with all kept before it.
  budget.work(items.length * items.length);
  const kept: unknown[] = [];
  for (const item of items) {
    if (!kept.some((other) => deepEqual(item, other))) kept.push(item);
  }
  return kept;
});
const without = fn("any, ...any", ({ budget }, list, ...omit) => {
  const items = slice(list, "find without on");
  budget.work(items.length * omit.length);
  return items.filter((item) => !omit.some((other) => deepEqual(item, other)));
});
const has = fn("any, any", (_, needle, list) => {
  if (list === null) return false;
  return slice(list, "find has on").some((item) => deepEqual(needle, item));
});
const cut = fn("any, ...any", (_, list, ...indexes) => {
  const items = itemsOf(list);
  if (items === undefined) {
    throw fail(`list should be type of slice or array but ${describe(list)}`);
  }
  if (items.length === 0) return null;
  const start = Number(indexes.length > 0 ? toInt64(indexes[0]) : 0n);
  const end = indexes.length > 1 ? Number(toInt64(indexes[1])) : items.length;
  if (start < 0 || end < start || end > items.length) {
    throw fail("reflect.Value.Slice: slice index out of bounds");
  }
  const cutItems = items.slice(start, end);
  return list instanceof GoSlice ? new GoSlice(list.type, cutItems) : cutItems;
});
const list = fn("...any", (_, ...items) => items);

/** sprig's functions of lists, with their `must` twins. */
export const LISTS: Record<string, Fn> = {
  list,
  tuple: list,
  push,
  mustPush: push,
  append: push,
  mustAppend: push,
  prepend,
  mustPrepend: prepend,
  first,
  mustFirst: first,
  last,
  mustLast: last,
  rest,
  mustRest: rest,
  initial,
  mustInitial: initial,
  reverse,
  mustReverse: reverse,
  compact,
  mustCompact: compact,
  uniq,
  mustUniq: uniq,
  without,
  mustWithout: without,
  has,
  mustHas: has,
  slice: cut,
  mustSlice: cut,
  concat: fn("...any", (_, ...lists) => {
    const items = lists.flatMap((list) => {
      const items = itemsOf(list);
      if (items === undefined) throw fail(`Cannot concat type ${describe(list)} as list`);
      return items;
    });
    return items.length === 0 ? new GoSlice("[]interface {}", []) : items;
  }),
  sortAlpha: fn("any", (_, list) => {
    const sorted = itemsOf(list) === undefined ? [text(list)] : strings(list).sort(compareStrings);
    return new GoSlice("[]string", sorted);
  }),
};

function slice(value: unknown, verb: string): readonly unknown[] {
  // Go's reflection panics on a nil before sprig can say anything.
  if (value === null || value === undefined) throw fail(NIL_POINTER);
  const items = itemsOf(value);
  if (items === undefined) throw fail(`Cannot ${verb} type ${describe(value)}`);
  return items;
}

const NIL_POINTER = "runtime error: invalid memory address or nil pointer dereference";

function describe(value: unknown): string {
  if (value === null || value === undefined) throw fail(NIL_POINTER);
  return value instanceof GoInt ? value.type : kindName(value);
}

/** rest and initial of an empty list are nil slices, which JSON shows. */
function part(items: readonly unknown[], start: number, end?: number): unknown {
  return items.length === 0 ? new GoSlice("[]interface {}", []) : items.slice(start, end);
}
