import type { Hello, HelloReason } from "../contracts/hello.ts";

// `satisfies` keeps this list whole when the contract gains a reason.
const REASONS = {
  new: true,
  resumed: true,
  evicted: true,
  "epoch-changed": true,
  unknown: true,
  ahead: true,
} satisfies Record<HelloReason, true>;

/** Reads the data of a `hello` event; undefined when it is none. */
export function decodeHello(value: unknown): Hello | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { epoch, seq, recovered, reason } = value as Partial<Record<keyof Hello, unknown>>;
  return typeof epoch === "string" && Number.isSafeInteger(seq) && (seq as number) >= 0 &&
      typeof recovered === "boolean" && typeof reason === "string" && Object.hasOwn(REASONS, reason)
    ? value as Hello
    : undefined;
}
