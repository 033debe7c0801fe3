// A spread into Math.min would put every element on the stack.

/** The smallest of some numbers; Infinity when there are none. */
export function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Infinity);
}

/** The greatest of some numbers; -Infinity when there are none. */
export function greatest(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), -Infinity);
}
