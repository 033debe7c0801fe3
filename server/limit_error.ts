/** Which bound a request ran into. */
export type LimitCode =
  | "too-many-flows"
  | "flow-too-large"
  | "too-many-streams"
  | "too-many-streams-of-flow"
  | "too-many-streams-of-address"
  | "too-many-flows-of-stream";

/** A bound of the router is reached. The message says which, and is safe to show. */
export class LimitError extends Error {
  override readonly name = "LimitError";

  constructor(readonly code: LimitCode, message: string) {
    super(message);
  }
}
