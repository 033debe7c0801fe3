import type { DropReason } from "../buffer/drop.ts";
import { WireError } from "../proto/wire_error.ts";
import { SchemaError } from "../schema/schema_checks.ts";

/** A packet that was given up, for whoever looks why. */
export interface DeadLetter {
  readonly namespace: string;
  readonly storyRun: string;
  readonly source: string;
  readonly step: string;
  readonly reason: DropReason;
  readonly error: string;
}

/** Dead letters that are kept for introspection. */
const MAX_KEPT = 100;
const MAX_ERROR = 500;

/** Adds a dead letter to those that are kept; the oldest gives way. */
export function keepDeadLetter(
  kept: DeadLetter[],
  { namespace, storyRun }: Pick<DeadLetter, "namespace" | "storyRun">,
  letter: Pick<DeadLetter, "source" | "step" | "reason"> & { readonly error: Error },
): void {
  const error = letter.error.message.slice(0, MAX_ERROR);
  kept.push({ namespace, storyRun, ...letter, error });
  if (kept.length > MAX_KEPT) kept.shift();
}

/** Under which reason a fault on a packet's way is counted. */
export function faultReason(error: Error): DropReason {
  if (error instanceof SchemaError) return "schema";
  return error instanceof WireError ? "invalid" : "route_error";
}
