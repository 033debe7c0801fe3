import { ContractError } from "../../contracts/contract_error.ts";
import { parseDuration } from "../../contracts/duration.ts";
import type { JsonObject } from "../../contracts/transport/packet.ts";

/**
 * What a primitive does with a packet; the shell applies it.
 * - `pass`: the packet goes on to the steps that follow
 * - `fork`: as `pass`, and every step from here on sees the packet as it is now
 * - `delay`: the steps that follow get it later
 * - `stop`: no further step gets it
 * - `start`: a child story is started with it
 */
export type PrimitiveDecision =
  | { readonly kind: "pass" }
  | { readonly kind: "fork" }
  | { readonly kind: "delay"; readonly milliseconds: number }
  | { readonly kind: "stop"; readonly message: string }
  | { readonly kind: "start"; readonly child: ChildStory };

/** Which story a primitive starts, with what, and whether the packet waits for its end. */
export interface ChildStory {
  readonly story: string;
  /** Absent: the parent's. */
  readonly namespace?: string;
  readonly inputs: JsonObject;
  readonly wait: boolean;
}

/** Longest sleep in milliseconds. A packet that sleeps holds memory, so this is no calendar. */
export const MAX_SLEEP = 3_600_000;

/** Primitives that a realtime story may have; `wait` and `gate` are for batch. */
export const REALTIME_PRIMITIVES: ReadonlySet<string> = new Set([
  "condition",
  "parallel",
  "sleep",
  "stop",
  "executeStory",
]);

/**
 * Decides what a primitive does. Its `if` was asked before; an unknown type lets the packet pass, as
 * in the original.
 *
 * @param block its `with`, with every expression evaluated
 * @throws {ContractError} saying what is wrong with the block
 */
export function decidePrimitive(
  type: string | undefined,
  block: Readonly<Record<string, unknown>> = {},
): PrimitiveDecision {
  switch (type) {
    case "parallel":
      return { kind: "fork" };
    case "sleep":
      return { kind: "delay", milliseconds: sleepOf(block) };
    case "stop":
      return {
        kind: "stop",
        message: block["message"] === undefined ? "" : String(block["message"]),
      };
    case "executeStory":
      return { kind: "start", child: childOf(block) };
    default:
      return { kind: "pass" };
  }
}

function sleepOf(block: Readonly<Record<string, unknown>>): number {
  const text = block["duration"] ?? block["for"];
  const milliseconds = typeof text === "string" ? parseDuration(text.trim()) : undefined;
  if (milliseconds === undefined) {
    throw new ContractError(
      `sleep: with.duration must be a duration such as 250ms, not ${JSON.stringify(text ?? null)}`,
    );
  }
  if (milliseconds > MAX_SLEEP) throw new ContractError("sleep: with.duration must be at most 1h");
  return milliseconds;
}

function childOf(block: Readonly<Record<string, unknown>>): ChildStory {
  const reference = block["storyRef"];
  const { name, namespace } = isObject(reference) ? reference : {};
  if (typeof name !== "string" || name === "") {
    throw new ContractError("executeStory: with.storyRef.name is required");
  }
  const inputs = block["with"] ?? {};
  if (!isObject(inputs)) throw new ContractError("executeStory: with.with must be an object");
  const wait = block["waitForCompletion"];
  return {
    story: name,
    ...(typeof namespace === "string" && namespace !== "" ? { namespace } : {}),
    inputs,
    // What an expression yields may be the word rather than the boolean.
    wait: wait === true || wait === "true",
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
