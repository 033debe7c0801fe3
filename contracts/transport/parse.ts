import type { z } from "zod";
import { ContractError } from "../contract_error.ts";

/**
 * Checks one decoded JSON value against a schema.
 *
 * @param what names the value in the error, such as `Story demo/voice`
 * @throws {ContractError} naming the first field that is wrong
 */
export function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw new ContractError(`${what}: invalid`, { cause: result.error });
  throw new ContractError(`${what}: ${fieldOf(issue.path)}${issue.message}`, {
    cause: result.error,
  });
}

function fieldOf(path: readonly PropertyKey[]): string {
  const field = path.reduce<string>(
    (text, key) =>
      typeof key === "number"
        ? `${text}[${key}]`
        : text === ""
        ? String(key)
        : `${text}.${String(key)}`,
    "",
  );
  return field === "" ? "" : `${field}: `;
}

/** Whether a value is a JSON object (no array, no null). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
