/**
 * The flow contract, version 1: what emitters post, what the router keeps and what viewers read.
 * Every other part imports these shapes; JSON Schema is generated from them.
 *
 * Objects are loose on purpose: a newer emitter's optional fields pass through an older router whole.
 */
import { z } from "zod";

/**
 * Longest id in characters. A Kubernetes namespace has 63 and a name 253 (RFC 1123 subdomain), and
 * node ids join region, namespace and name.
 */
export const MAX_ID_LENGTH = 512;

// C0, DEL and C1 have no place in an id: they break log lines, SSE fields and HTTP headers.
// deno-lint-ignore no-control-regex
const NO_CONTROL_CHARACTERS = /^[^\u0000-\u001f\u007f-\u009f]+$/;

/** A flow or node id: 1 to {@linkcode MAX_ID_LENGTH} characters without control characters. */
export const idSchema = z.string()
  .max(MAX_ID_LENGTH, `must have at most ${MAX_ID_LENGTH} characters`)
  .regex(NO_CONTROL_CHARACTERS, "must be non-empty and free of control characters")
  .meta({ description: "Flow or node id" });

const unixMilliseconds = z.int("must be an integer (Unix time in milliseconds)")
  .meta({ description: "Unix time in milliseconds" });

const metaSchema = z.record(z.string(), z.unknown())
  .meta({ description: "Free-form facts about the object, shown but not interpreted" });

/** What starts this flow: another flow's end. */
export const triggerSchema = z.looseObject({
  flowId: idSchema,
  when: z.enum(["success", "failure", "always"]),
});

/** One run of something: a rollout, a StoryRun, a pipeline run. */
export const flowInstanceSchema = z.looseObject({
  id: idSchema,
  definitionId: z.string().optional(),
  parentFlowId: z.string().optional(),
  triggeredBy: z.array(triggerSchema).optional(),
  status: z.string().meta({ description: "Open vocabulary; see the status palette" }),
  startedAt: unixMilliseconds,
  endedAt: unixMilliseconds.optional(),
  meta: metaSchema.optional(),
});

/** One step of a flow. Its natural key is `(flowId, id)`. */
export const flowNodeSchema = z.looseObject({
  id: idSchema,
  flowId: idSchema,
  label: z.string(),
  status: z.string().meta({ description: "Open vocabulary; see the status palette" }),
  family: z.string().optional(),
  region: z.string().optional(),
  startedAt: unixMilliseconds.optional(),
  endedAt: unixMilliseconds.optional(),
  meta: metaSchema.optional(),
});

/** How two nodes relate. `contains` runs child to parent: `toId` is the parent. */
export const relationshipTypeSchema = z.enum([
  "contains",
  "finish-to-start",
  "start-to-start",
  "finish-to-finish",
  "start-to-finish",
  "triggers",
]);

const endpoints = {
  fromId: idSchema,
  toId: idSchema,
  fromFlowId: idSchema.optional(),
  toFlowId: idSchema.optional(),
  type: relationshipTypeSchema,
};

/** A directed edge. A flow id that is absent means the flow that the message is posted to. */
export const relationshipSchema = z.looseObject({
  ...endpoints,
  condition: z.enum(["on-success", "on-failure", "always"]).optional()
    .meta({ description: "Absent means on-success" }),
  lag: z.int("must be an integer (seconds)").min(0, "must be 0 or more seconds").optional()
    .meta({ description: "Seconds between the two events that the type names" }),
  label: z.string().optional()
    .meta({ description: "What a map shows at the edge, in place of its type and lag" }),
});

/** Names one relationship by its natural key. */
export const relationshipPairSchema = z.looseObject(endpoints);

/** The six envelopes; `type` tells them apart. */
export const flowMessageSchema = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("snapshot"),
    flow: flowInstanceSchema,
    // The original omits empty arrays when it writes a snapshot, so absent means empty.
    nodes: z.array(flowNodeSchema).default([]),
    relationships: z.array(relationshipSchema).default([]),
  }).meta({ description: "Replaces the flow object, all nodes and all relationships" }),
  z.looseObject({ type: z.literal("upsert-flow"), flow: flowInstanceSchema })
    .meta({ description: "Replaces the flow object" }),
  z.looseObject({ type: z.literal("upsert-nodes"), nodes: z.array(flowNodeSchema).min(1) })
    .meta({ description: "Replaces each node whole by its key" }),
  z.looseObject({
    type: z.literal("upsert-rels"),
    relationships: z.array(relationshipSchema).min(1),
  }).meta({ description: "Replaces each relationship whole by its key" }),
  z.looseObject({ type: z.literal("delete-nodes"), ids: z.array(idSchema).min(1) })
    .meta({ description: "Removes nodes and every relationship that touches them" }),
  z.looseObject({
    type: z.literal("delete-rels"),
    pairs: z.array(relationshipPairSchema).min(1),
  }).meta({ description: "Removes relationships by their key" }),
]);

export type FlowInstance = z.output<typeof flowInstanceSchema>;
export type FlowNode = z.output<typeof flowNodeSchema>;
export type Relationship = z.output<typeof relationshipSchema>;
export type RelationshipType = z.output<typeof relationshipTypeSchema>;
export type RelationshipPair = z.output<typeof relationshipPairSchema>;
export type FlowMessage = z.output<typeof flowMessageSchema>;
export type FlowMessageType = FlowMessage["type"];
export type Snapshot = Extract<FlowMessage, { type: "snapshot" }>;

/** The discriminators in the contract's order. */
export const FLOW_MESSAGE_TYPES: readonly FlowMessageType[] = [
  "snapshot",
  "upsert-flow",
  "upsert-nodes",
  "upsert-rels",
  "delete-nodes",
  "delete-rels",
];
