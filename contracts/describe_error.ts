/** What a schema has to say against a value, in words for people who write emitters. */
import type { z } from "zod";

/** The first thing that is wrong, as `field must be …`. */
export function describeError(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "invalid";
  const field = issue.path.reduce<string>(
    (path, key) =>
      typeof key === "number"
        ? `${path}[${key}]`
        : path === ""
        ? String(key)
        : `${path}.${String(key)}`,
    "",
  );
  return `${field} ${reason(issue)}`;
}

function reason(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is required"
        : issue.message.startsWith("must")
        ? issue.message
        : `must be ${article(issue.expected)}, not ${nameOf(issue.input)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}, not ${quote(issue.input)}`;
    case "too_small":
      return issue.origin === "array" ? "must be non-empty" : issue.message;
    default:
      return issue.message;
  }
}

function article(expected: string): string {
  if (expected === "record") return "an object";
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}

/** A value by its kind: `a string`, `null`. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return article(typeof value);
}

/** A value as JSON, cut short. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 64 ? `${text.slice(0, 63)}…` : text;
}
