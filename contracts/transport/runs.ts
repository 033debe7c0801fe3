/** `runs.bubustack.io/v1alpha1`: one run of a Story, and of each of its steps. */
import { z } from "zod";
import { conditionSchema, metadataSchema } from "./object_meta.ts";

/** Terminal phases: nothing more happens to the run. */
export const TERMINAL_PHASES: ReadonlySet<string> = new Set([
  "Succeeded",
  "Failed",
  "Skipped",
  "Canceled",
  "Finished",
  "Compensated",
  "Timeout",
  "Aborted",
]);

/** Terminal phases that count as success. */
export const SUCCESS_PHASES: ReadonlySet<string> = new Set(["Succeeded", "Skipped"]);

export const storyRunSchema = z.looseObject({
  apiVersion: z.literal("runs.bubustack.io/v1alpha1").optional(),
  kind: z.literal("StoryRun").optional(),
  metadata: metadataSchema,
  spec: z.looseObject({
    storyRef: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
    inputs: z.record(z.string(), z.unknown()).optional(),
  }),
  status: z.looseObject({
    phase: z.string().optional(),
    conditions: z.array(conditionSchema).optional(),
  }).optional(),
});

export const handoffSchema = z.looseObject({
  strategy: z.string().optional(),
  phase: z.enum(["pending", "draining", "cutover", "ready"]).optional(),
  message: z.string().optional(),
  updatedAt: z.string().optional(),
});

export const stepRunSchema = z.looseObject({
  apiVersion: z.literal("runs.bubustack.io/v1alpha1").optional(),
  kind: z.literal("StepRun").optional(),
  metadata: metadataSchema,
  spec: z.looseObject({
    storyRunRef: z.looseObject({ name: z.string().min(1) }),
    stepId: z.string().min(1),
    engramRef: z.looseObject({ name: z.string() }).optional(),
    input: z.unknown().optional(),
  }),
  status: z.looseObject({
    phase: z.string().optional(),
    retries: z.int().optional(),
    handoff: handoffSchema.optional(),
    output: z.unknown().optional(),
    error: z.looseObject({ message: z.string().optional() }).optional(),
    lastFailureMsg: z.string().optional(),
  }).optional(),
});

/**
 * The change of a StepRun's status that sets its handoff. The CRD requires `retries` of every
 * status, and the first one may be this: its zero value, then, as bobrapet itself would write it.
 */
export function handoffStatus(
  before: { readonly retries?: unknown } | undefined,
  handoff: Handoff,
): { readonly handoff: Handoff; readonly retries?: 0 } {
  return { handoff, ...(before?.retries === undefined ? { retries: 0 } : {}) };
}

export type StoryRun = z.output<typeof storyRunSchema>;
export type StepRun = z.output<typeof stepRunSchema>;
export type Handoff = z.output<typeof handoffSchema>;
