/**
 * How packets of a transport are buffered, acknowledged, routed and watched: one type, written in
 * `Transport.spec.streaming` and in `Story.spec.transports[].streaming`.
 *
 * Objects are loose: a field of a newer release passes through. Every field is optional; see
 * {@linkcode effectiveSettings} for the merge and {@linkcode resolvePolicies} for the meaning.
 */
import { z } from "zod";
import { parseDuration } from "../duration.ts";

const count = z.int("must be an integer").min(0, "must be 0 or more");
const positive = z.int("must be an integer").min(1, "must be 1 or more");
const percent = z.int("must be an integer").min(0, "must be 0 or more").max(
  100,
  "must be at most 100",
);
const duration = z.string().refine(
  (text) => parseDuration(text) !== undefined,
  "must be a duration such as 250ms or 1m30s",
);
const enabled = z.looseObject({ enabled: z.boolean().optional() });

/** The kinds of payload that a lane carries. */
export const laneKindSchema = z.enum(["audio", "video", "binary", "payload", "control"]);
export const directionSchema = z.enum(["publish", "subscribe", "bidirectional"]);

/**
 * What a full buffer does with one more packet. The custom resources know the first two;
 * `block` (pause the producer) and `latest_per_key` (keep the newest of each key) are ours, and
 * reach a cluster through the free-form `defaultSettings` and `settings`, which the API server
 * does not check.
 */
export const dropPolicySchema = z.enum(["drop_newest", "drop_oldest", "block", "latest_per_key"]);

export const bufferSchema = z.looseObject({
  maxMessages: count.optional().meta({ description: "0: the hub's default" }),
  maxBytes: count.optional().meta({ description: "0: the hub's default" }),
  maxAgeSeconds: count.optional().meta({ description: "0: no limit" }),
  dropPolicy: dropPolicySchema.optional().meta({
    description: "What a full buffer does with one packet more",
  }),
  key: z.string().optional().meta({ description: "Path of the key that latest_per_key goes by" }),
});

export const flowControlSchema = z.looseObject({
  mode: z.enum(["none", "credits", "window"]).optional().meta({
    description: "How a producer is held back",
  }),
  initialCredits: z.looseObject({
    messages: count.optional().meta({ description: "Packets that may be sent before any credit" }),
    bytes: count.optional().meta({ description: "Bytes that may be" }),
  }).optional(),
  ackEvery: z.looseObject({
    messages: count.optional().meta({ description: "Acknowledge after so many packets" }),
    bytes: count.optional().meta({ description: "Or so many bytes; 0: not by bytes" }),
    maxDelay: duration.optional().meta({ description: "Or this long, such as 250ms" }),
  }).optional(),
  pauseThreshold: z.looseObject({
    bufferPct: percent.optional().meta({ description: "A buffer this full pauses its producers" }),
  }).optional(),
  resumeThreshold: z.looseObject({
    bufferPct: percent.optional().meta({ description: "One this empty lets them go on" }),
  }).optional(),
});

export const deliverySchema = z.looseObject({
  ordering: z.enum(["none", "per_stream", "per_partition"]).optional().meta({
    description: "Within what packets keep their order",
  }),
  semantics: z.enum(["best_effort", "at_least_once"]).optional().meta({
    description: "Whether what was not acknowledged is sent again",
  }),
  replay: z.looseObject({
    mode: z.enum(["none", "memory", "durable"]).optional().meta({
      description: "Where it is kept until then",
    }),
    retentionSeconds: count.optional().meta({ description: "For how long" }),
    checkpointInterval: duration.optional().meta({
      description: "How often durable replay is written down",
    }),
  }).optional(),
});

export const routingRuleSchema = z.looseObject({
  name: z.string().optional(),
  when: z.string().optional().meta({ description: "Condition; absent or blank matches always" }),
  action: z.enum(["allow", "deny"]).optional().meta({
    description: "Absent: the rule changes nothing",
  }),
  target: z.looseObject({ steps: z.array(z.string()).optional() }).optional(),
});

export const routingSchema = z.looseObject({
  mode: z.enum(["auto", "hub", "p2p"]).optional().meta({
    description: "hub: always through the hub; else the graph decides",
  }),
  fanOut: z.enum(["sequential", "parallel"]).optional().meta({
    description: "How several steps that need the same one are served",
  }),
  maxDownstreams: positive.optional().meta({ description: "Most steps that one packet goes to" }),
  rules: z.array(routingRuleSchema).optional(),
});

export const laneSchema = z.looseObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS-1123 label"),
  kind: laneKindSchema,
  direction: directionSchema.optional().meta({ description: "Which way it carries" }),
  description: z.string().optional(),
  maxMessages: count.optional(),
  maxBytes: count.optional(),
});

export const fanInSchema = z.looseObject({
  mode: z.enum(["all", "any", "quorum"]).optional(),
  quorum: positive.optional(),
  timeoutSeconds: count.optional(),
  maxEntries: count.optional(),
});

export const partitioningSchema = z.looseObject({
  mode: z.enum(["none", "preserve", "hash"]).optional(),
  key: z.string().optional().meta({
    description: "metadata.<key>, payload.<path> or inputs.<path>",
  }),
  partitions: count.optional(),
  sticky: z.boolean().optional(),
});

export const lifecycleSchema = z.looseObject({
  strategy: z.enum(["rolling", "drain_cutover", "blue_green"]).optional(),
  drainTimeoutSeconds: count.optional(),
  maxInFlight: count.optional(),
});

export const observabilitySchema = z.looseObject({
  metrics: enabled.optional(),
  tracing: enabled.extend({
    sampleRate: percent.optional(),
    // The CRD takes any text, and bobrapet's webhook any case; nothing here goes by it.
    samplePolicy: z.string().optional(),
  }).optional(),
  watermark: enabled.extend({ timestampSource: z.string().optional() }).optional(),
});

export const recordingSchema = z.looseObject({
  mode: z.enum(["off", "metadata", "payload"]).optional(),
  sampleRate: percent.optional(),
  retentionSeconds: count.optional(),
  redactFields: z.array(z.string()).optional(),
});

export const streamingSettingsSchema = z.looseObject({
  backpressure: z.looseObject({ buffer: bufferSchema.optional() }).optional(),
  flowControl: flowControlSchema.optional(),
  delivery: deliverySchema.optional(),
  routing: routingSchema.optional(),
  lanes: z.array(laneSchema).optional(),
  fanIn: fanInSchema.optional(),
  partitioning: partitioningSchema.optional(),
  lifecycle: lifecycleSchema.optional(),
  observability: observabilitySchema.optional(),
  recording: recordingSchema.optional(),
}).superRefine((settings, context) => {
  const { fanIn } = settings;
  if (fanIn?.mode === "quorum" && fanIn.quorum === undefined) {
    context.addIssue({
      code: "custom",
      path: ["fanIn", "quorum"],
      message: "is required when fanIn.mode is quorum",
    });
  }
  const names = settings.lanes?.map(({ name }) => name) ?? [];
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) {
    context.addIssue({
      code: "custom",
      path: ["lanes", twice, "name"],
      message: `lane "${names[twice]}" is declared twice`,
    });
  }
});

export type StreamingSettings = z.output<typeof streamingSettingsSchema>;
export type BufferSettings = z.output<typeof bufferSchema>;
export type FlowControlSettings = z.output<typeof flowControlSchema>;
export type RoutingSettings = z.output<typeof routingSchema>;
export type RoutingRule = z.output<typeof routingRuleSchema>;
export type FanInSettings = z.output<typeof fanInSchema>;
export type PartitioningSettings = z.output<typeof partitioningSchema>;
export type Lane = z.output<typeof laneSchema>;
export type LaneKind = z.output<typeof laneKindSchema>;
export type DropPolicy = z.output<typeof dropPolicySchema>;
