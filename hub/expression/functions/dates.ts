import { GoInt } from "../values.ts";
import { type Context, fail, fn } from "./define.ts";
import { GoTime } from "./time.ts";
import { parseTime } from "./time_layout.ts";
import { isZone, unixSeconds } from "./time_zone.ts";

/** Where the program runs; containers run in UTC, and so does every answer here. */
const LOCAL = "UTC";

const dateInZone = fn("string, any, string", (context, layout: string, date, zone: string) => {
  return inZone(context, layout, date, zone);
});
const dateModify = fn("string, time", (_, by: string, time: GoTime) => {
  const nanoseconds = parseSigned(by);
  return nanoseconds === undefined ? time : time.add(nanoseconds);
});
const mustDateModify = fn("string, time", (_, by: string, time: GoTime) => {
  const nanoseconds = parseSigned(by);
  if (nanoseconds === undefined) throw fail(`time: invalid duration ${JSON.stringify(by)}`);
  return time.add(nanoseconds);
});

/** sprig's dates. */
export const DATES = {
  date: fn("string, any", (context, layout: string, date) => inZone(context, layout, date, LOCAL)),
  dateInZone,
  date_in_zone: dateInZone,
  dateModify,
  date_modify: dateModify,
  mustDateModify,
  must_date_modify: mustDateModify,
  htmlDate: fn("any", (context, date) => inZone(context, "2006-01-02", date, LOCAL)),
  htmlDateInZone: fn("any, string", (context, date, zone: string) => {
    return inZone(context, "2006-01-02", date, zone);
  }),
  toDate: fn("string, string", (_, layout: string, text: string) => {
    try {
      return read(layout, text);
    } catch {
      // sprig ignores the error; the zero time is the first day of the year 1.
      return GoTime.fromSeconds(-62_135_596_800n, "UTC");
    }
  }),
  mustToDate: fn("string, string", (_, layout: string, text: string) => read(layout, text)),
  unixEpoch: fn("time", (_, time: GoTime) => time.seconds.toString()),
  duration: fn("any", (_, seconds) => {
    if (typeof seconds === "string") {
      return durationText(/^[+-]?\d+$/.test(seconds) ? BigInt(seconds) * 1_000_000_000n : 0n);
    }
    const known = seconds instanceof GoInt && seconds.type === "int64" ? seconds.value : 0n;
    return durationText(known * 1_000_000_000n);
  }),
  durationRound: fn("any", ({ now }, value) => {
    if (typeof value === "string") return rounded(parseSigned(value) ?? 0n);
    if (value instanceof GoTime) {
      return rounded(BigInt(Math.trunc(now() * 1_000)) * 1_000n - value.unixNanoseconds);
    }
    return rounded(value instanceof GoInt && value.type === "int64" ? value.value : 0n);
  }),
};

/** `now`; absent where an expression has to give the same answer twice. */
export const NOW = { now: fn("", (context) => current(context)) };

function current({ now }: Context): GoTime {
  return new GoTime(BigInt(Math.trunc(now() * 1_000)) * 1_000n, LOCAL);
}

function inZone(context: Context, layout: string, date: unknown, zone: string): string {
  const time = date instanceof GoTime
    ? date
    : date instanceof GoInt
    ? GoTime.fromSeconds(date.value, LOCAL)
    : current(context);
  // Go's LoadLocation takes "" for UTC, and sprig what it does not know.
  return time.in(zone !== "Local" && isZone(zone) ? zone : "UTC").format(layout);
}

function read(layout: string, text: string): GoTime {
  const { fields, nanosecond, offset, utc } = parseTime(layout, text);
  const seconds = unixSeconds(fields, LOCAL) - (utc ? 0 : offset ?? 0);
  const zone = offset === undefined || offset === 0 ? LOCAL : fixedZone(offset);
  return new GoTime(BigInt(seconds) * 1_000_000_000n + BigInt(nanosecond), zone);
}

function fixedZone(offset: number): string {
  const size = Math.abs(offset);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(size / 3_600)}:${two(size / 60 % 60)}`;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "µs": 1e3,
  "μs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};

/** `time.ParseDuration` in nanoseconds, with its sign. */
function parseSigned(text: string): bigint | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null) return undefined;
  let sum = 0;
  for (const [, number, unit] of (match[2] ?? "").matchAll(/([\d.]+)([^\d.]+)/g)) {
    sum += Number(number) * (UNITS[unit ?? ""] ?? 0);
  }
  return BigInt(Math.trunc(match[1] === "-" ? -sum : sum));
}

/** `Duration.String` of whole seconds. */
function durationText(nanoseconds: bigint): string {
  const size = (nanoseconds < 0n ? -nanoseconds : nanoseconds) / 1_000_000_000n;
  const [hours, minutes, seconds] = [size / 3_600n, size / 60n % 60n, size % 60n];
  const sign = nanoseconds < 0n ? "-" : "";
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

/** The largest unit that fits more than once, as people would say it. */
function rounded(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const second = 1_000_000_000n;
  const units: [string, bigint][] = [
    ["y", 365n * 86_400n * second],
    ["mo", 30n * 86_400n * second],
    ["d", 86_400n * second],
    ["h", 3_600n * second],
    ["m", 60n * second],
    ["s", second],
  ];
  const found = units.find(([, unit]) => size > unit);
  return found === undefined ? "0s" : `${size / found[1]}${found[0]}`;
}
