import { ContractError } from "../../contracts/contract_error.ts";
import type { FlowMessage } from "../../contracts/flow.ts";

/**
 * Holds a message's ids to a bound below the contract's own.
 *
 * @throws {ContractError}
 */
export function checkIdLength(message: FlowMessage, maxLength: number): void {
  for (const id of idsIn(message)) {
    if (id !== undefined && id.length > maxLength) {
      throw new ContractError(`${message.type}: an id has more than ${maxLength} characters`);
    }
  }
}

function* idsIn(message: FlowMessage): Generator<string | undefined> {
  if (message.type === "snapshot" || message.type === "upsert-flow") yield message.flow.id;
  if (message.type === "snapshot" || message.type === "upsert-nodes") {
    for (const { id, flowId } of message.nodes) yield* [id, flowId];
  }
  const edges = message.type === "snapshot" || message.type === "upsert-rels"
    ? message.relationships
    : message.type === "delete-rels"
    ? message.pairs
    : [];
  for (const { fromId, toId, fromFlowId, toFlowId } of edges) {
    yield* [fromId, toId, fromFlowId, toFlowId];
  }
  if (message.type === "delete-nodes") yield* message.ids;
}
