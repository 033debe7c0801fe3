import type { Budget } from "../budget.ts";
import { ExpressionError } from "../errors.ts";
import type { ParamType } from "../values.ts";

/** What a function may use beside its arguments. */
export interface Context {
  readonly budget: Budget;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** From 0 up to, but without, 1. */
  readonly random: () => number;
}

/** A function that templates can call. */
export interface Fn {
  readonly params: readonly ParamType[];
  /** The last parameter takes any number of arguments. */
  readonly variadic: boolean;
  /** One of text/template's own, which short-circuit `and` and `or`. */
  readonly builtin: boolean;
  // deno-lint-ignore no-explicit-any -- arguments were checked against `params`
  readonly call: (context: Context, ...args: any[]) => unknown;
}

// deno-lint-ignore no-explicit-any -- arguments were checked against `params`
type Call = (context: Context, ...args: any[]) => unknown;

/**
 * Defines a function by its Go signature: `string, int` are two parameters, `string, ...any` ends
 * in any number of them.
 */
export function fn(signature: string, call: Call, builtin = false): Fn {
  const names = signature === "" ? [] : signature.split(", ");
  const variadic = names.at(-1)?.startsWith("...") ?? false;
  return {
    params: names.map((name) => name.replace("...", "") as ParamType),
    variadic,
    builtin,
    call,
  };
}

/** What a function of Go returns as its error, or panics with. */
export function fail(message: string, options?: ErrorOptions): ExpressionError {
  return new ExpressionError("exec", message, options);
}
