import { z } from "zod";
import { parseDuration } from "../../contracts/duration.ts";
import { engramSchema } from "../../contracts/transport/resources.ts";

const duration = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  context.addIssue({ code: "custom", message: "must be a duration such as 5ms or 1s" });
  return z.NEVER;
});

/** `with` of the built-in engrams, by the name of their template. */
const SAMPLES = {
  "headrace-generator": z.strictObject({
    /** Packets a second; 0: as fast as they are taken. */
    rate: z.number().min(0, "must be 0 or more").default(100),
    /** Characters of `data` in each packet. */
    size: z.int().min(0).max(1_000_000).default(100),
    /** Packets in all; 0: for as long as the run takes. */
    count: z.int().min(0).default(0),
    /** Different values of `key`, one after the other. */
    keys: z.int().min(1).max(10_000).default(1),
  }).prefault({}),
  "headrace-transform": z.strictObject({
    /** Fields that the packet gets; templates over `packet`. */
    set: z.record(z.string(), z.unknown()).default({}),
    delay: duration.default(0),
  }).prefault({}),
  "headrace-sink": z.strictObject({ delay: duration.default(0) }).prefault({}),
} as const;

export type SampleTemplate = keyof typeof SAMPLES;
export const SAMPLE_TEMPLATES = Object.keys(SAMPLES) as SampleTemplate[];

export type GeneratorSettings = z.output<(typeof SAMPLES)["headrace-generator"]>;
export type TransformSettings = z.output<(typeof SAMPLES)["headrace-transform"]>;
export type SinkSettings = z.output<(typeof SAMPLES)["headrace-sink"]>;

/** An Engram that comes with the runner. Times are milliseconds. */
export type Sample =
  | { readonly template: "headrace-generator"; readonly settings: GeneratorSettings }
  | { readonly template: "headrace-transform"; readonly settings: TransformSettings }
  | { readonly template: "headrace-sink"; readonly settings: SinkSettings };

/** How an Engram runs on this machine. */
export type LocalEngram =
  | { readonly kind: "sample"; readonly sample: Sample }
  | {
    readonly kind: "command";
    /** The program and its arguments. */
    readonly command: readonly [string, ...string[]];
    readonly env: Readonly<Record<string, string>>;
  };

/** An Engram of a file for the local run: as on a cluster, and `command` beside its template. */
export const localEngramSchema = engramSchema.extend({
  spec: engramSchema.shape.spec.extend({
    with: z.unknown().optional(),
    command: z.tuple([z.string().min(1)], z.string()).optional(),
    env: z.record(z.string(), z.string()).optional(),
  }),
}).transform(({ metadata, spec }, context): { name: string; engram: LocalEngram } => {
  const { name } = metadata;
  const complain = (message: string, path: PropertyKey[]) => {
    context.addIssue({ code: "custom", message, path });
    return z.NEVER;
  };
  if (spec.mode === "job") {
    return complain("job: batch engrams are started by bobrapet on a cluster, not here", [
      "spec",
      "mode",
    ]);
  }
  if (spec.command !== undefined) {
    return { name, engram: { kind: "command", command: spec.command, env: spec.env ?? {} } };
  }
  const template = spec.templateRef?.name as SampleTemplate | undefined;
  if (template === undefined || !(template in SAMPLES)) {
    return complain(
      `how does it run here? Either command: [program, …], or a templateRef to ${
        SAMPLE_TEMPLATES.join(", ")
      }`,
      template === undefined ? ["spec"] : ["spec", "templateRef", "name"],
    );
  }
  const settings = SAMPLES[template].safeParse(spec.with ?? undefined);
  if (!settings.success) {
    for (const issue of settings.error.issues) {
      complain(issue.message, ["spec", "with", ...issue.path]);
    }
    return z.NEVER;
  }
  return {
    name,
    engram: { kind: "sample", sample: { template, settings: settings.data } as Sample },
  };
});
