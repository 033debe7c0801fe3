import type { GoInt } from "../values.ts";
import { int } from "../values.ts";
import { type Context, fail, fn } from "./define.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");

/** sprig's random values; absent where an expression has to give the same answer twice. */
export const RANDOM = {
  randAlpha: fn("int", (context, count: GoInt) => pick(context, LETTERS, count)),
  randAlphaNum: fn("int", (context, count: GoInt) => pick(context, LETTERS + DIGITS, count)),
  randAscii: fn("int", (context, count: GoInt) => pick(context, ASCII, count)),
  randNumeric: fn("int", (context, count: GoInt) => pick(context, DIGITS, count)),
  randInt: fn("int, int", ({ random }, min: GoInt, max: GoInt) => {
    const span = Number(max.value - min.value);
    if (span <= 0) throw fail("invalid argument to Intn");
    return int(min.value + BigInt(Math.floor(random() * span)));
  }),
  uuidv4: fn("", ({ random }) => {
    const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
    // RFC 9562 §5.4: version 4, variant 10.
    hex[12] = "4";
    hex[16] = (8 + Math.floor(random() * 4)).toString(16);
    return hex.join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }),
};

function pick({ budget, random }: Context, alphabet: string, count: GoInt): string {
  const length = Math.max(Number(count.value), 0);
  budget.work(length);
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
}
