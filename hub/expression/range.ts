import { exec } from "./arguments.ts";
import { printValue } from "./format.ts";
import { entriesOf, GoInt, int, itemsOf, sortedKeys } from "./values.ts";

/**
 * The rounds of a `range`: over a slice with its indexes, over a map by sorted keys, over an integer
 * from 0.
 *
 * @param variables how many the range declares; an integer has but one to give
 * @throws {ExpressionError} `exec` when there is nothing to iterate over
 */
export function* rounds(
  value: unknown,
  variables: number,
): Generator<[index: unknown, item: unknown]> {
  if (value === null || value === undefined) return;
  const items = itemsOf(value);
  if (items !== undefined) {
    for (const [index, item] of items.entries()) yield [int(index), item];
    return;
  }
  const entries = entriesOf(value);
  if (entries !== undefined) {
    for (const key of sortedKeys(entries)) yield [key, entries[key] ?? null];
    return;
  }
  if (!(value instanceof GoInt)) throw exec(`range can't iterate over ${printValue(value)}`);
  if (variables > 1) {
    throw exec(`can't use ${printValue(value)} to iterate over more than one variable`);
  }
  for (let n = 0n; n < value.value; n++) yield [undefined, int(n, value.type)];
}

/** What `break` and `continue` throw, up to the range around them. */
export class Jump extends Error {
  constructor(readonly to: "break" | "continue") {
    super(to);
  }
}

/** Whether an error is a jump of this kind, rather than a failure. */
export function jumps(error: unknown, to: Jump["to"]): boolean {
  return error instanceof Jump && error.to === to;
}
