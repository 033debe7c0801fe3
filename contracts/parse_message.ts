import { ContractError } from "./contract_error.ts";
import { describeError, nameOf, quote } from "./describe_error.ts";
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
  if (!result.success) throw new ContractError(`${type as string}: ${describeError(result.error)}`);
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
