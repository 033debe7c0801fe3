/** Calendar fields of a moment in a zone. */
export interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
  readonly yearDay: number;
  /** Seconds east of Greenwich. */
  readonly offset: number;
  /** Such as CET, or +03 where nobody has a name for it. */
  readonly abbreviation: string;
}

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** Whether the time zone database knows a name; Go's "Local" is UTC here, as it is in a container. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    // ICU takes names in any case and offsets such as +02:00; Go takes neither.
    return name === "UTC" || name.includes("/") || /^[A-Z]{3}([0-9A-Z]*)$/.test(name);
  } catch {
    return false;
  }
}

export function partsAt(unixSeconds: bigint, zone: string): Parts {
  const seconds = Number(unixSeconds);
  const { offset, abbreviation } = offsetAt(seconds * 1_000, zone);
  const local = new Date((seconds + offset) * 1_000);
  const year = local.getUTCFullYear();
  return {
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    weekday: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - utc(year)) / 86_400_000) + 1,
    offset,
    abbreviation,
  };
}

/** Unix seconds of calendar fields in a zone. */
export function unixSeconds(
  [year, month, day, hour, minute, second]: readonly number[],
  zone: string,
): number {
  const local = utc(year ?? 1, (month ?? 1) - 1, day, hour, minute, second) / 1_000;
  // The offset at the place where UTC would be; once more, for moments next to a change.
  const guess = local - offsetAt(local * 1_000, zone).offset;
  return local - offsetAt(guess * 1_000, zone).offset;
}

/** `Date.UTC`, which takes the years 0 to 99 for those of the last century. */
function utc(year: number, month = 0, day = 1, hour = 0, minute = 0, second = 0): number {
  const date = new Date(Date.UTC(2000, month, day, hour, minute, second));
  date.setUTCFullYear(year + date.getUTCFullYear() - 2000, month, day);
  return date.getTime();
}

function offsetAt(milliseconds: number, zone: string): { offset: number; abbreviation: string } {
  if (zone === "UTC") return { offset: 0, abbreviation: "UTC" };
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return { offset: minutes * (fixed[1] === "-" ? -60 : 60), abbreviation: "" };
  }
  const name = (locale: string, style: "longOffset" | "short") =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: style })
      .formatToParts(milliseconds).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name("en-US", "longOffset"));
  const size = Number(match?.[2] ?? 0) * 3_600 + Number(match?.[3] ?? 0) * 60 +
    Number(match?.[4] ?? 0);
  const offset = match?.[1] === "-" ? -size : size;
  // ICU abbreviates what is usual in a locale: American names in one, European ones in another.
  const known = ["en-US", "en-GB", "en-AU"].map((locale) => name(locale, "short"))
    .find((short) => /^[A-Z]{3,5}$/.test(short) && (short !== "GMT" || offset === 0));
  return { offset, abbreviation: known ?? numeric(offset) };
}

function numeric(offset: number): string {
  const size = Math.abs(offset) / 60;
  const minutes = size % 60 === 0 ? "" : String(size % 60).padStart(2, "0");
  return (offset < 0 ? "-" : "+") + String(Math.floor(size / 60)).padStart(2, "0") + minutes;
}
