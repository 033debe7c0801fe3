import { formatValue } from "../format.ts";
import { parseFloatGo, parseInteger } from "../literals.ts";
import { GoInt, int } from "../values.ts";
import { addDecimals, divideDecimals, multiplyDecimals, subtractDecimals } from "./decimal.ts";
import { fail, fn } from "./define.ts";

const INT64_MAX = 2n ** 63n - 1n;

/** sprig's arithmetic. */
export const NUMBERS = {
  atoi: fn("string", (_, text: string) => int(atoi(text))),
  int: fn("any", (_, value) => int(toInt64(value))),
  int64: fn("any", (_, value) => int64(toInt64(value))),
  float64: fn("any", (_, value) => toFloat64(value)),
  toDecimal: fn("any", (_, value) => int64(fromOctal(formatValue(value)))),
  add1: fn("any", (_, value) => int64(toInt64(value) + 1n)),
  add: fn("...any", (_, ...values) => int64(values.reduce((sum, v) => sum + toInt64(v), 0n))),
  sub: fn("any, any", (_, a, b) => int64(toInt64(a) - toInt64(b))),
  div: fn("any, any", (_, a, b) => int64(toInt64(a) / divisor(b))),
  mod: fn("any, any", (_, a, b) => int64(toInt64(a) % divisor(b))),
  mul: fn("any, ...any", (_, a, ...rest) => {
    return int64(rest.reduce((product, v) => BigInt.asIntN(64, product * toInt64(v)), toInt64(a)));
  }),
  add1f: fn("any", (_, value) => addDecimals(toFloat64(value), [1])),
  addf: fn("...any", (_, ...values) => addDecimals(0, values.map(toFloat64))),
  subf: fn("any, ...any", (_, a, ...rest) => subtractDecimals(toFloat64(a), rest.map(toFloat64))),
  divf: fn("any, ...any", (_, a, ...rest) => divideDecimals(toFloat64(a), rest.map(toFloat64))),
  mulf: fn("any, ...any", (_, a, ...rest) => multiplyDecimals(toFloat64(a), rest.map(toFloat64))),
  biggest: fn("any, ...any", (_, ...values) => extreme(values, (a, b) => a > b)),
  max: fn("any, ...any", (_, ...values) => extreme(values, (a, b) => a > b)),
  min: fn("any, ...any", (_, ...values) => extreme(values, (a, b) => a < b)),
  maxf: fn("any, ...any", (_, ...values) => Math.max(...values.map(toFloat64))),
  minf: fn("any, ...any", (_, ...values) => Math.min(...values.map(toFloat64))),
  ceil: fn("any", (_, value) => Math.ceil(toFloat64(value))),
  floor: fn("any", (_, value) => Math.floor(toFloat64(value))),
  round: fn("any, int, ...float64", (_, value, places: GoInt, roundOn = 0.5) => {
    const power = Math.pow(10, Number(places.value));
    const digit = power * toFloat64(value);
    return (digit % 1 >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power;
  }),
};

const int64 = (value: bigint) => int(BigInt.asIntN(64, value), "int64");

/** spf13/cast's ToInt64: what is no number is 0, texts may have a prefix such as 0x. */
export function toInt64(value: unknown): bigint {
  if (value instanceof GoInt) return value.value;
  switch (typeof value) {
    case "boolean":
      return value ? 1n : 0n;
    case "number":
      // What int64 cannot hold is the lowest number there is on amd64.
      return Number.isFinite(value) && Math.abs(value) < 2 ** 63
        ? BigInt(Math.trunc(value))
        : -(2n ** 63n);
    case "string": {
      const whole = parseInteger(value.replace(/\.0+$/, ""));
      return whole === undefined || whole > INT64_MAX || whole < -INT64_MAX - 1n ? 0n : whole;
    }
    default:
      return 0n;
  }
}

/** spf13/cast's ToFloat64. */
export function toFloat64(value: unknown): number {
  if (value instanceof GoInt) return Number(value.value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return parseFloatGo(value) ?? 0;
  return typeof value === "number" ? value : 0;
}

/** `strconv.Atoi` with the error ignored: a text out of range is the nearest bound. */
function atoi(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) return 0n;
  const value = BigInt(text.replace("+", ""));
  return value > INT64_MAX ? INT64_MAX : value < -INT64_MAX - 1n ? -INT64_MAX - 1n : value;
}

function fromOctal(text: string): bigint {
  const match = /^([+-]?)([0-7]+)$/.exec(text);
  if (match === null) return 0n;
  const value = BigInt(`0o${match[2]}`);
  if (value > INT64_MAX) return 0n;
  return match[1] === "-" ? -value : value;
}

function divisor(value: unknown): bigint {
  const by = toInt64(value);
  if (by === 0n) throw fail("runtime error: integer divide by zero");
  return by;
}

function extreme(values: readonly unknown[], better: (a: bigint, b: bigint) => boolean): GoInt {
  return int64(values.map(toInt64).reduce((best, value) => better(value, best) ? value : best));
}
