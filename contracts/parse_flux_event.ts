import { ContractError } from "./contract_error.ts";
import { describeError, nameOf } from "./describe_error.ts";
import { type FluxEvent, fluxEventSchema } from "./flux_event.ts";

/**
 * Checks one decoded JSON value against what notification-controller posts.
 *
 * @throws {ContractError} naming the first field that is wrong
 */
export function parseFluxEvent(value: unknown): FluxEvent {
  const result = fluxEventSchema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ContractError(`a Flux event is a JSON object, not ${nameOf(value)}`);
  }
  throw new ContractError(`Flux event: ${describeError(result.error)}`);
}
