/**
 * Why an expression has no value.
 * - `parse`: it is no template
 * - `exec`: it failed on these values
 * - `limit`: it took too long, or made too much
 * - `missing`: a path of its own leads nowhere
 * - `blocked`: it reads a step that has put nothing out yet; a later packet may find it
 * - `offloaded`: it reads data that lie in storage, and not in the packet
 * - `condition`: it has a value, but none that is true or false
 * - `scope`: it reads or calls what its place does not allow
 */
export type ExpressionErrorCode =
  | "parse"
  | "exec"
  | "limit"
  | "missing"
  | "blocked"
  | "offloaded"
  | "condition"
  | "scope";

/** An expression could not be evaluated. The message is safe to show; it quotes no data but types. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";

  constructor(readonly code: ExpressionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
