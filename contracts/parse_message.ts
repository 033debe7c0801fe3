import type { z } from "zod";
import { ContractError } from "./contract_error.ts";
import { FLOW_MESSAGE_TYPES, type FlowMessage, flowMessageSchema } from "./flow.ts";

/**
 * Checks one decoded JSON value against the flow contract.
 *
 * @returns the message; unknown optional fields are kept
 * @throws {ContractError} naming the first field that is wrong
 */
export function parseFlowMessage(value: unknown): FlowMessage {
  if (!isObject(value)) {
    throw new ContractError(`a FlowMessage is a JSON object, not ${nameOf(value)}`);
  }
  const { type } = value;
  if (!(FLOW_MESSAGE_TYPES as readonly unknown[]).includes(type)) {
    throw new ContractError(
      `unknown message type ${quote(type)}: expected one of ${FLOW_MESSAGE_TYPES.join(", ")}`,
    );
  }
  const result = flowMessageSchema.safeParse(withoutNulls(value), { reportInput: true });
  if (!result.success) throw new ContractError(describe(type as string, result.error));
  return result.data;
}

/**
 * Emitters in other languages write an unset pointer as `null` where the contract has an absent
 * field. Only the contract's own objects are touched; `meta` keeps its nulls.
 */
function withoutNulls(message: Record<string, unknown>): Record<string, unknown> {
  const clean = dropNulls(message);
  for (const key of ["nodes", "relationships", "pairs"]) {
    const list = clean[key];
    if (Array.isArray(list) && list.some(hasNull)) {
      clean[key] = list.map((item) => isObject(item) ? dropNulls(item) : item);
    }
  }
  if (isObject(clean["flow"])) clean["flow"] = dropNulls(clean["flow"]);
  return clean;
}

function dropNulls(object: Record<string, unknown>): Record<string, unknown> {
  if (!hasNull(object)) return object;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

function hasNull(value: unknown): boolean {
  return isObject(value) && Object.values(value).includes(null);
}

function describe(type: string, error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return `${type}: invalid`;
  const field = issue.path.reduce<string>(
    (path, key) =>
      typeof key === "number"
        ? `${path}[${key}]`
        : path === ""
        ? String(key)
        : `${path}.${String(key)}`,
    "",
  );
  return `${type}: ${field} ${reason(issue)}`;
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return article(typeof value);
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 64 ? `${text.slice(0, 63)}…` : text;
}
