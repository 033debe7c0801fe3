/** gRPC status codes that the hub answers with (google.golang.org/grpc/codes). */
export const Code = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

export type Code = (typeof Code)[keyof typeof Code];

/** A stream that is not taken, or not kept: the status says why, and whether to come again. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /** The hub that takes the stream, where one is known. */
  readonly owner: string | undefined;

  constructor(readonly code: Code, message: string, options?: ErrorOptions & { owner?: string }) {
    super(message, options);
    this.owner = options?.owner;
  }
}
