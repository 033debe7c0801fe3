/**
 * The exact decimal digits of a float64, rounded half to even as Go rounds. JavaScript's toFixed and
 * toExponential round a tie up, so that 2.5 without decimals is 3 there and 2 in Go.
 */

/** Digits without a leading zero; the point stands before the digit at `point`. */
interface Digits {
  readonly digits: string;
  readonly point: number;
}

/** `%.Nf` of a finite number, without a sign. */
export function fixedDigits(value: number, precision: number): string {
  const exact = exactDigits(Math.abs(value));
  const { digits, point } = round(exact, exact.point + precision);
  const padded = digits.padStart(digits.length + Math.max(1 - point, 0), "0");
  const whole = Math.max(point, 1);
  const all = padded.padEnd(whole + precision, "0");
  return precision === 0 ? all.slice(0, whole) : `${all.slice(0, whole)}.${all.slice(whole)}`;
}

/** `%.Ne` of a finite number, without a sign and with JavaScript's exponent. */
export function exponentDigits(value: number, precision: number): string {
  if (value === 0) return `0${precision > 0 ? `.${"0".repeat(precision)}` : ""}e+0`;
  const { digits, point } = round(exactDigits(Math.abs(value)), precision + 1);
  const all = digits.padEnd(precision + 1, "0");
  const fraction = precision > 0 ? `.${all.slice(1, precision + 1)}` : "";
  const exponent = point - 1;
  return `${all[0]}${fraction}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

function exactDigits(value: number): Digits {
  if (value === 0) return { digits: "", point: 0 };
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const biased = Number(raw >> 52n & 0x7ffn);
  const mantissa = biased === 0 ? raw & 0xfffffffffffffn : raw & 0xfffffffffffffn | 1n << 52n;
  const exponent = Math.max(biased, 1) - 1_075;
  // m · 2^-k is m · 5^k / 10^k.
  const digits = exponent >= 0
    ? (mantissa << BigInt(exponent)).toString()
    : (mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits, point: digits.length + Math.min(exponent, 0) };
}

/** Keeps the first `count` digits. */
function round({ digits, point }: Digits, count: number): Digits {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: "", point };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const odd = Number(kept.at(-1) ?? 0) % 2 === 1;
  const tie = /^50*$/.test(rest);
  if ((rest[0] ?? "0") < "5" || (tie && !odd)) return { digits: kept, point };
  const up = (BigInt(kept === "" ? "0" : kept) + 1n).toString().padStart(kept.length, "0");
  return { digits: up, point: point + up.length - kept.length };
}
