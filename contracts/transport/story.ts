/**
 * `bubustack.io/v1alpha1` Story: the graph that packets run through. Only the fields that hub and
 * operator read are checked; the rest passes through.
 */
import { z } from "zod";
import { metadataSchema } from "./object_meta.ts";

/** A block of templates and literals; see the expression language. */
const templates = z.record(z.string(), z.unknown());

const stepTimeout = z.string().meta({ description: "Duration such as 20s" });

export const retryPolicySchema = z.looseObject({
  maxRetries: z.int().min(0).optional(),
  delay: z.string().optional(),
  backoff: z.enum(["exponential", "linear", "constant"]).optional(),
});

export const storyStepSchema = z.looseObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS-1123 label").max(
    63,
    "must have at most 63 characters",
  ),
  id: z.string().optional(),
  type: z.string().optional().meta({ description: "Primitive; excludes ref" }),
  ref: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }).optional()
    .meta({ description: "Engram; excludes type" }),
  needs: z.array(z.string()).optional(),
  if: z.string().optional(),
  transport: z.string().optional(),
  with: templates.optional(),
  runtime: templates.optional(),
  execution: z.looseObject({
    timeout: stepTimeout.optional(),
    retry: retryPolicySchema.optional(),
  }).optional(),
});

export const storyTransportSchema = z.looseObject({
  name: z.string().min(1),
  transportRef: z.string().min(1),
  description: z.string().optional(),
  // Checked after the merge with the Transport's own, where an error names the field.
  streaming: z.unknown().optional(),
  settings: z.unknown().optional(),
});

export const storySpecSchema = z.looseObject({
  pattern: z.enum(["batch", "realtime"]).default("batch"),
  concurrency: z.looseObject({
    mode: z.enum(["serial", "cancelPrevious", "parallel"]).optional(),
    scope: z.enum(["storyrun", "participant"]).optional(),
  }).optional(),
  policy: z.looseObject({
    timeouts: z.looseObject({ step: stepTimeout.optional() }).optional(),
    retries: z.looseObject({ stepRetryPolicy: retryPolicySchema.optional() }).optional(),
  }).optional(),
  transports: z.array(storyTransportSchema).default([]),
  steps: z.array(storyStepSchema).min(1, "must have 1 step or more").max(
    100,
    "must have at most 100 steps",
  ),
}).superRefine(({ steps }, context) => {
  const ids = steps.map(stepId);
  for (const [index, step] of steps.entries()) {
    const complain = (message: string) =>
      context.addIssue({ code: "custom", path: ["steps", index], message });
    if (step.ref !== undefined && step.type !== undefined) {
      complain(`step "${step.name}" has both ref and type`);
    }
    if (step.ref === undefined && step.type === undefined) {
      complain(`step "${step.name}" needs a ref (an engram) or a type (a primitive)`);
    }
    if (ids.indexOf(stepId(step)) !== index) complain(`step "${stepId(step)}" is declared twice`);
  }
});

export const storySchema = z.looseObject({
  apiVersion: z.literal("bubustack.io/v1alpha1").optional(),
  kind: z.literal("Story").optional(),
  metadata: metadataSchema,
  spec: storySpecSchema,
  status: z.looseObject({
    transports: z.array(z.looseObject({
      name: z.string(),
      transportRef: z.string().optional(),
      mode: z.string().optional(),
      modeReason: z.string().optional(),
    })).optional(),
  }).optional(),
});

export type Story = z.output<typeof storySchema>;
export type StorySpec = z.output<typeof storySpecSchema>;
export type StoryStep = z.output<typeof storyStepSchema>;
export type StoryTransport = z.output<typeof storyTransportSchema>;
export type RetryPolicy = z.output<typeof retryPolicySchema>;

/** What a step is called on the wire: its id, or its name when it has none. */
export function stepId(step: Pick<StoryStep, "id" | "name">): string {
  return step.id ? step.id : step.name;
}

/** Whether the hub itself executes the step, rather than an engram. */
export function isPrimitive(step: Pick<StoryStep, "ref">): boolean {
  return step.ref === undefined;
}

/**
 * The steps that `needs` of a step points at, as step ids: an entry may name a step by its name or
 * its id. An entry that names nothing is kept as it is, so that callers can report it.
 */
export function needsOf(step: StoryStep, steps: readonly StoryStep[]): string[] {
  const needs = (step.needs ?? []).map((need) => {
    const found = steps.find((other) => stepId(other) === need) ??
      steps.find((other) => other.name === need);
    return found === undefined ? need : stepId(found);
  });
  return [...new Set(needs)];
}
