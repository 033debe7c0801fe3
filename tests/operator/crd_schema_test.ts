import { assertEquals } from "@std/assert";
import type { z } from "zod";
import { CLUSTER_KINDS, type Kind } from "../../contracts/transport/resource_kinds.ts";
import {
  AUDIO_CODECS,
  engramSchema,
  engramTemplateSchema,
  transportBindingSchema,
  transportSchema,
  VIDEO_CODECS,
} from "../../contracts/transport/resources.ts";
import { handoffSchema, stepRunSchema, storyRunSchema } from "../../contracts/transport/runs.ts";
import { storySchema } from "../../contracts/transport/story.ts";
import { streamingSettingsSchema } from "../../contracts/transport/streaming_settings.ts";
import { findTools } from "../tools/tools.ts";
import { at, crdSchema, crdSpec, inputOf, misreadings, unknownFields } from "./crd_schema.ts";

const READERS: Readonly<Record<Kind, z.ZodType>> = {
  Story: storySchema,
  StoryRun: storyRunSchema,
  StepRun: stepRunSchema,
  Engram: engramSchema,
  EngramTemplate: engramTemplateSchema,
  Transport: transportSchema,
  TransportBinding: transportBindingSchema,
};

/** Readers' words that no object of the API server has. */
const OURS = [".backpressure.buffer.key is pruned"];

Deno.test("the readers find what bobrapet's CRDs store, and take whatever they let in", async (t) => {
  const { crds } = await findTools([]);
  for (const [kind, reader] of Object.entries(READERS) as [Kind, z.ZodType][]) {
    await t.step(kind, async () => {
      const { metadata: _, ...properties } = inputOf(reader).properties ?? {};
      const body = { ...inputOf(reader), properties, required: ["spec"] };
      assertEquals(misreadings(body, await crdSchema(crds, kind)), []);
    });
  }

  for (
    const [kind, path] of [
      ["Transport", "spec.streaming"],
      ["Story", "spec.transports[].streaming"],
    ] as const
  ) {
    await t.step(`the settings of a ${kind}, every field of them`, async () => {
      const stored = at(await crdSchema(crds, kind), path);
      const settings = inputOf(streamingSettingsSchema);
      assertEquals(misreadings(settings, stored), OURS);
      assertEquals(unknownFields(settings, stored), []);
    });
  }

  await t.step("what is written has the words of the CRDs", async () => {
    const binding = at(await crdSchema(crds, "TransportBinding"), "status");
    assertEquals(at(binding, "negotiatedAudio.name").enum, AUDIO_CODECS);
    assertEquals(at(binding, "negotiatedVideo.name").enum, VIDEO_CODECS);
    const { phase } = at(await crdSchema(crds, "StepRun"), "status.handoff").properties ?? {};
    assertEquals(inputOf(handoffSchema).properties?.["phase"]?.enum, phase?.enum);
  });

  await t.step("kinds of the whole cluster are those that the CRDs say", async () => {
    for (const kind of Object.keys(READERS) as Kind[]) {
      const { scope } = await crdSpec(crds, kind);
      assertEquals(scope === "Cluster", CLUSTER_KINDS.has(kind), kind);
    }
  });
});

Deno.test("a difference is named with its place", () => {
  const reader = {
    type: "object",
    required: ["mode"],
    properties: {
      mode: { type: "string", enum: ["a"] },
      gone: { type: "string" },
      rate: { type: "integer", minimum: 1 },
    },
  };
  const stored = {
    type: "object",
    properties: {
      mode: { type: "string", enum: ["a", "b"] },
      rate: { type: "string" },
      new: { type: "string" },
    },
  };
  assertEquals(misreadings(reader, stored), [
    ".mode may be absent",
    ".mode may be b",
    ".gone is pruned",
    ".rate is string, not integer",
    ".rate has another minimum",
  ]);
  assertEquals(unknownFields(reader, stored), [".new"]);
});
