/** Bytes that are no message of the protocol, or a message that breaks one of its rules. */
export class WireError extends Error {
  override readonly name = "WireError";

  /**
   * @param code `malformed`: not protobuf; `invalid`: a rule of the contract is broken
   * @param field dotted path of the field at fault, empty for the message itself
   */
  constructor(
    readonly code: "malformed" | "invalid",
    readonly field: string,
    detail: string,
  ) {
    super(field === "" ? detail : `${field}: ${detail}`);
  }
}
