import { deepEqual, isTrue, kindName, typeName } from "../values.ts";
import { fail, fn } from "./define.ts";

const typeIs = (target: string, value: unknown) => target === typeName(value);

/** sprig's defaults, types and flow control. sprig's "empty" is text/template's "false". */
export const DEFAULTS = {
  default: fn("any, ...any", (_, fallback, ...given) => isTrue(given[0]) ? given[0] : fallback),
  empty: fn("any", (_, value) => !isTrue(value)),
  coalesce: fn("...any", (_, ...values) => values.find(isTrue) ?? null),
  all: fn("...any", (_, ...values) => values.every(isTrue)),
  any: fn("...any", (_, ...values) => values.some(isTrue)),
  ternary: fn("any, any, bool", (_, yes, no, condition: boolean) => condition ? yes : no),
  typeOf: fn("any", (_, value) => typeName(value)),
  typeIs: fn("string, any", (_, target: string, value) => typeIs(target, value)),
  typeIsLike: fn("string, any", (_, target: string, value) => {
    return typeIs(target, value) || typeIs(`*${target}`, value);
  }),
  kindOf: fn("any", (_, value) => kindName(value)),
  kindIs: fn("string, any", (_, target: string, value) => target === kindName(value)),
  deepEqual: fn("any, any", (_, a, b) => deepEqual(a, b)),
  fail: fn("string", (_, message: string) => {
    throw fail(message);
  }),
};
