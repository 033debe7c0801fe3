import { z } from "zod";

/**
 * Why a stream starts where it does.
 * - `resumed`: exactly the missed messages follow
 * - `new`: the reader named no place
 * - `evicted`: the messages after that place have left the ring, or the reader fell too far behind
 * - `epoch-changed`: that place belongs to a log that is gone (restart or DELETE)
 * - `unknown`: the Last-Event-ID is none of ours
 * - `ahead`: that place lies after the last message
 */
export const helloReasonSchema = z.enum([
  "new",
  "resumed",
  "evicted",
  "epoch-changed",
  "unknown",
  "ahead",
]);

/**
 * The first event of every stream, and again whenever a reader is moved forward. When `recovered`
 * is false a `snapshot` event follows and replaces all that the reader knew.
 */
export const helloSchema = z.looseObject({
  epoch: z.string(),
  seq: z.int().min(0).meta({ description: "Last accepted message of the flow" }),
  recovered: z.boolean(),
  reason: helloReasonSchema,
});

export type Hello = z.output<typeof helloSchema>;
export type HelloReason = z.output<typeof helloReasonSchema>;

/** How one flow of a stream of several goes on; see {@linkcode helloSchema}. */
export const flowHelloSchema = helloSchema.extend({ flowId: z.string() });

/**
 * The first event of a stream of several flows, and again when a flow joins or is moved forward.
 * When `complete`, flows that are not listed are no longer there.
 */
export const multiHelloSchema = z.looseObject({
  flows: z.array(flowHelloSchema),
  complete: z.boolean(),
});

export type MultiHello = z.output<typeof multiHelloSchema>;
