/** Go's layouts, which show how one moment would be written: Mon Jan 2 15:04:05 MST 2006. */
import { fail } from "./define.ts";
import type { GoTime } from "./time.ts";
import { MONTHS, partsAt } from "./time_zone.ts";

export const weekdays = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
] as const;

const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|[-Z]07:00:00|[-Z]07:00|[-Z]070000|[-Z]0700|[-Z]07|002|0[1-6]|__2|_2(?!006)|15|PM|pm|[.,](?:0+|9+)(?!\d)|[1-5]/g;

/** `Time.Format`. */
export function formatTime(time: GoTime, layout: string): string {
  const parts = partsAt(time.seconds, time.zone);
  const two = (value: number) => String(value).padStart(2, "0");
  const hour12 = parts.hour % 12 === 0 ? 12 : parts.hour % 12;
  return layout.replace(ELEMENT, (element) => {
    switch (element) {
      case "January":
        return MONTHS[parts.month - 1] ?? "";
      case "Jan":
        return MONTHS[parts.month - 1]?.slice(0, 3) ?? "";
      case "Monday":
        return weekdays[parts.weekday] ?? "";
      case "Mon":
        return weekdays[parts.weekday]?.slice(0, 3) ?? "";
      case "MST":
        return parts.abbreviation === "" ? offsetText(parts.offset, "-0700") : parts.abbreviation;
      case "2006":
        return String(parts.year).padStart(4, "0");
      case "06":
        return two(parts.year % 100);
      case "002":
        return String(parts.yearDay).padStart(3, "0");
      case "__2":
        return String(parts.yearDay).padStart(3);
      case "01":
        return two(parts.month);
      case "1":
        return String(parts.month);
      case "02":
        return two(parts.day);
      case "_2":
        return String(parts.day).padStart(2);
      case "2":
        return String(parts.day);
      case "15":
        return two(parts.hour);
      case "03":
        return two(hour12);
      case "3":
        return String(hour12);
      case "04":
        return two(parts.minute);
      case "4":
        return String(parts.minute);
      case "05":
        return two(parts.second);
      case "5":
        return String(parts.second);
      case "PM":
        return parts.hour >= 12 ? "PM" : "AM";
      case "pm":
        return parts.hour >= 12 ? "pm" : "am";
    }
    if (element.startsWith(".") || element.startsWith(",")) {
      const digits = String(time.nanosecond).padStart(9, "0").slice(0, element.length - 1);
      const kept = element.includes("9") ? digits.replace(/0+$/, "") : digits;
      return kept === "" ? "" : (element[0] ?? "") + kept;
    }
    return offsetText(parts.offset, element);
  });
}

function offsetText(offset: number, element: string): string {
  if (element.startsWith("Z") && offset === 0) return "Z";
  const size = Math.abs(offset);
  const [hours, minutes, seconds] = [size / 3_600, size / 60 % 60, size % 60]
    .map((value) => String(Math.floor(value)).padStart(2, "0"));
  const numbers = [hours, minutes, seconds].slice(0, element.replace(/[^0-9]/g, "").length / 2);
  return (offset < 0 ? "-" : "+") + numbers.join(element.includes(":") ? ":" : "");
}

/** What a text says of a moment, by a layout. */
export interface ParsedTime {
  readonly fields: readonly [number, number, number, number, number, number];
  readonly nanosecond: number;
  /** Seconds east of Greenwich, when the text says so. */
  readonly offset: number | undefined;
  readonly utc: boolean;
}

const MONTH_NAMES = MONTHS.map((name) => name.slice(0, 3)).join("|");
const WEEKDAY_NAMES = weekdays.map((name) => name.slice(0, 3)).join("|");

const PATTERNS: Readonly<Record<string, string>> = {
  January: `(${MONTHS.join("|")})`,
  Jan: `(${MONTH_NAMES})`,
  Monday: `(${weekdays.join("|")})`,
  Mon: `(${WEEKDAY_NAMES})`,
  MST: "(UTC|[A-Z]{3,5})",
  "2006": "(\\d{4})",
  "06": "(\\d{2})",
  "002": "(\\d{3})",
  "__2": "([ \\d]{3})",
  "_2": "( ?\\d{1,2})",
  PM: "(AM|PM)",
  pm: "(am|pm)",
  "15": "(\\d{2})",
};

/**
 * `time.ParseInLocation`, for fields in their usual order.
 *
 * @throws {ExpressionError} when the text does not follow the layout
 */
export function parseTime(layout: string, text: string): ParsedTime {
  const elements: string[] = [];
  let at = 0;
  let pattern = "";
  for (const match of layout.matchAll(ELEMENT)) {
    const [element] = match;
    pattern += escape(layout.slice(at, match.index)) + patternOf(element);
    elements.push(element);
    at = match.index + element.length;
    // Go takes a fraction after the seconds even where the layout has none.
    if (/^0?5$/.test(element) && !/^[.,][09]/.test(layout.slice(at))) {
      pattern += "([.,]\\d+)?";
      elements.push(".9");
    }
  }
  const match = new RegExp(`^${pattern}${escape(layout.slice(at))}$`, "i").exec(text);
  if (match === null) {
    throw fail(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}`);
  }
  const parsed = read(elements, match.slice(1));
  const [year, month, day, hour, minute, second] = parsed.fields;
  const days = new Date(Date.UTC(2000 + year % 400, month, 0)).getUTCDate();
  const wrong = month < 1 || month > 12
    ? "month"
    : hour > 23
    ? "hour"
    : minute > 59
    ? "minute"
    : second > 59
    ? "second"
    : day < 1 || day > days
    ? "day"
    : undefined;
  if (wrong !== undefined) {
    throw fail(`parsing time ${JSON.stringify(text)}: ${wrong} out of range`);
  }
  return parsed;
}

function patternOf(element: string): string {
  const known = PATTERNS[element];
  if (known !== undefined) return known;
  if (/^[.,]0/.test(element)) return `([.,]\\d{${element.length - 1}})`;
  if (/^[.,]9/.test(element)) return "([.,]\\d+)?";
  if (element.startsWith("0")) return "(\\d{2})";
  if (/^[1-5]$/.test(element)) return "(\\d{1,2})";
  const digits = element.replace(/[^0-9]/g, "").length / 2;
  const separator = element.includes(":") ? ":" : "";
  const numeric = `[+-]\\d{2}${`${separator}\\d{2}`.repeat(digits - 1)}`;
  return element.startsWith("Z") ? `(Z|${numeric})` : `(${numeric})`;
}

function read(elements: readonly string[], values: readonly (string | undefined)[]): ParsedTime {
  let [year, month, day, hour, minute, second] = [0, 1, 1, 0, 0, 0];
  let [nanosecond, utc] = [0, false];
  let offset: number | undefined;
  let afternoon: boolean | undefined;
  for (const [index, element] of elements.entries()) {
    const value = values[index]?.trim() ?? "";
    const number = Number(value);
    if (value === "") continue;
    if (element.startsWith("Jan")) {
      month = MONTHS.findIndex((name) => name.toLowerCase().startsWith(value.toLowerCase())) + 1;
    } else if (element === "2006") year = number;
    else if (element === "06") year = number + (number >= 69 ? 1900 : 2000);
    else if (/^0?1$/.test(element)) month = number;
    else if (/^[0_]?2$/.test(element)) day = number;
    else if (/^0?3$/.test(element) || element === "15") hour = number;
    else if (/^0?4$/.test(element)) minute = number;
    else if (/^0?5$/.test(element)) second = number;
    else if (/^pm$/i.test(element)) afternoon = /^pm$/i.test(value);
    else if (element === "MST") utc = value === "UTC";
    else if (/^[.,]/.test(element)) nanosecond = Number(value.slice(1, 10).padEnd(9, "0"));
    else if (value === "Z") utc = true;
    else if (/^[-Z]/.test(element)) {
      const [h = 0, m = 0, s = 0] = value.slice(1).match(/\d{2}/g)?.map(Number) ?? [];
      offset = (h * 3_600 + m * 60 + s) * (value.startsWith("-") ? -1 : 1);
    }
  }
  if (afternoon === true && hour < 12) hour += 12;
  else if (afternoon === false && hour === 12) hour = 0;
  return { fields: [year, month, day, hour, minute, second], nanosecond, offset, utc };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
