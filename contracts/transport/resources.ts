/** Engram, EngramTemplate, Transport and TransportBinding, as far as hub, connector and operator read them. */
import { z } from "zod";
import { conditionSchema, metadataSchema } from "./object_meta.ts";
import { directionSchema } from "./streaming_settings.ts";

export const engramSchema = z.looseObject({
  apiVersion: z.literal("bubustack.io/v1alpha1").optional(),
  kind: z.literal("Engram").optional(),
  metadata: metadataSchema,
  spec: z.looseObject({
    templateRef: z.looseObject({ name: z.string() }).optional(),
    mode: z.string().optional().meta({ description: "job: a batch engram; else streaming" }),
    transport: z.looseObject({
      tls: z.looseObject({
        secretRef: z.looseObject({ name: z.string().optional() }).optional(),
        useDefaultTLS: z.boolean().optional(),
      }).optional(),
    }).optional(),
  }),
});

/** `catalog.bubustack.io/v1alpha1` EngramTemplate: what an engram takes and puts out. */
export const engramTemplateSchema = z.looseObject({
  apiVersion: z.literal("catalog.bubustack.io/v1alpha1").optional(),
  kind: z.literal("EngramTemplate").optional(),
  metadata: metadataSchema,
  spec: z.looseObject({
    inputSchema: z.unknown().optional().meta({ description: "JSON Schema" }),
    outputSchema: z.unknown().optional().meta({ description: "JSON Schema" }),
  }),
});

/** The codecs that the CRDs have names for; a status with any other is refused as a whole. */
export const AUDIO_CODECS: readonly string[] = [
  "pcm16",
  "pcm24",
  "opus",
  "g711-mu",
  "g711-a",
  "g722",
  "aac",
  "mp3",
  "flac",
  "raw",
];
export const VIDEO_CODECS: readonly string[] = [
  "h264",
  "vp8",
  "vp9",
  "av1",
  "raw-yuv420",
  "raw-rgb",
  "raw-bgr",
];

export const audioCodecSchema = z.looseObject({
  name: z.string(),
  sampleRateHz: z.int().optional(),
  channels: z.int().optional(),
});
export const videoCodecSchema = z.looseObject({
  name: z.string(),
  profile: z.string().optional(),
});

export const transportSchema = z.looseObject({
  apiVersion: z.literal("transport.bubustack.io/v1alpha1").optional(),
  kind: z.literal("Transport").optional(),
  metadata: metadataSchema,
  spec: z.looseObject({
    provider: z.string().min(1),
    driver: z.string().min(1),
    connectorImage: z.string().optional(),
    supportedAudio: z.array(audioCodecSchema).optional(),
    supportedVideo: z.array(videoCodecSchema).optional(),
    supportedBinary: z.array(z.string()).optional(),
    streaming: z.unknown().optional(),
    defaultSettings: z.unknown().optional(),
  }),
});

const lane = z.looseObject({ direction: directionSchema.optional() });

export const transportBindingSchema = z.looseObject({
  apiVersion: z.literal("transport.bubustack.io/v1alpha1").optional(),
  kind: z.literal("TransportBinding").optional(),
  metadata: metadataSchema,
  spec: z.looseObject({
    transportRef: z.string(),
    driver: z.string(),
    storyRunRef: z.looseObject({ name: z.string(), namespace: z.string().optional() }).optional(),
    stepName: z.string().optional(),
    engramName: z.string().optional().meta({ description: "The StepRun's name" }),
    connectorEndpoint: z.string().optional(),
    audio: lane.extend({ codecs: z.array(audioCodecSchema).optional() }).optional(),
    video: lane.extend({ codecs: z.array(videoCodecSchema).optional() }).optional(),
    binary: lane.extend({ mimeTypes: z.array(z.string()).optional() }).optional(),
    rawSettings: z.unknown().optional(),
  }),
  status: z.looseObject({
    observedGeneration: z.int().optional(),
    endpoint: z.string().optional(),
    upstreamHost: z.string().optional(),
    downstreamHost: z.string().optional(),
    negotiatedAudio: audioCodecSchema.optional(),
    negotiatedVideo: videoCodecSchema.optional(),
    negotiatedBinary: z.string().optional(),
    conditions: z.array(conditionSchema).optional(),
  }).optional(),
});

export type Engram = z.output<typeof engramSchema>;
export type EngramTemplate = z.output<typeof engramTemplateSchema>;
export type Transport = z.output<typeof transportSchema>;
export type TransportBinding = z.output<typeof transportBindingSchema>;
