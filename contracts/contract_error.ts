/** What was read does not follow the contract. The message names the field and is safe to show. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  readonly code = "contract";
}
