/**
 * Decimal arithmetic for addf and its kin: exact digits of what the numbers print as, so that
 * `addf 0.1 0.2` is 0.3. Quotients have 16 digits after the point, rounded half away from zero.
 */
import { fail } from "./define.ts";

const DIVISION_DIGITS = 16;

/** `coefficient` · 10^`exponent`. */
interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

type Operation = (a: Decimal, b: Decimal) => Decimal;

export const addDecimals = over((a, b) => align(a, b, (x, y) => x + y));
export const subtractDecimals = over((a, b) => align(a, b, (x, y) => x - y));
export const multiplyDecimals = over((a, b) => ({
  coefficient: a.coefficient * b.coefficient,
  exponent: a.exponent + b.exponent,
}));
export const divideDecimals = over((a, b) => {
  if (b.coefficient === 0n) throw fail("decimal division by 0");
  const shift = a.exponent - b.exponent + DIVISION_DIGITS;
  const dividend = shift > 0 ? a.coefficient * power(shift) : a.coefficient;
  const divisor = shift < 0 ? b.coefficient * power(-shift) : b.coefficient;
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  const half = absolute(rest) * 2n >= absolute(divisor);
  const away = (dividend < 0n) === (divisor < 0n) ? 1n : -1n;
  return { coefficient: quotient + (half ? away : 0n), exponent: -DIVISION_DIGITS };
});

function over(operation: Operation): (first: number, rest: readonly number[]) => number {
  return (first, rest) =>
    toNumber(rest.reduce((result, value) => operation(result, decimal(value)), decimal(first)));
}

function decimal(value: number): Decimal {
  if (!Number.isFinite(value)) throw fail(`Cannot create a Decimal from ${value}`);
  const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { coefficient: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function align(a: Decimal, b: Decimal, combine: (x: bigint, y: bigint) => bigint): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return {
    coefficient: combine(
      a.coefficient * power(a.exponent - exponent),
      b.coefficient * power(b.exponent - exponent),
    ),
    exponent,
  };
}

function power(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function toNumber({ coefficient, exponent }: Decimal): number {
  return Number(`${coefficient}e${exponent}`);
}
