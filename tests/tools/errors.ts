/** Why the tools cannot be had. */
export type ToolsErrorCode =
  /** A call that makes no sense. */
  | "usage"
  /** No Go toolchain where one is needed. */
  | "go-missing"
  /** A Go toolchain of a release that does not build the tool right. */
  | "go-version"
  /** `go` refused or failed. */
  | "go-failed"
  /** A binary that was just built does not say the version it was built as. */
  | "bad-binary"
  /** A module whose content is not what this repository pins. */
  | "bad-module"
  /** `go.mod` does not require the module it exists for. */
  | "bad-pin"
  /** A needed variable of the environment is missing or cannot be used. */
  | "environment"
  /** The tools are not there yet. */
  | "tools-missing"
  /** A client in another language could not be made. */
  | "client-failed";

/** A failure to find or build a tool; the message says what to do about it. */
export class ToolsError extends Error {
  override readonly name = "ToolsError";
  readonly code: ToolsErrorCode;

  constructor(code: ToolsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
