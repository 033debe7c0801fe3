import { assert } from "@std/assert";
import { DEFAULT_HUB_LIMITS } from "../../../contracts/transport/policies.ts";
import { ExpressionEngine } from "../../expression/engine.ts";
import type { StoryStarter } from "../../primitives/story_starter.ts";
import { encode } from "../../proto/codec.ts";
import { DataPacket } from "../../proto/messages.ts";
import { Packet } from "../../proto/packet.ts";
import { type JsonObject, jsonToStruct, structToJson } from "../../proto/struct.ts";
import type { Outcome, Route } from "../../server/router.ts";
import { storyText } from "../../server/testing/memory_hub.ts";
import { FileDirectory } from "../../story/file_directory.ts";
import { planRun, type RunPlan } from "../../story/run_plan.ts";
import { PacketRouter, type PacketRouterOptions } from "../packet_router.ts";

const engine = new ExpressionEngine({ now: () => 0, random: () => 0 });

/**
 * A router of a Story of these steps; what it says of a packet, as text; what slept and was skipped.
 *
 * @param spec what else the Story says
 * @param documents what else there is, such as engrams
 */
export async function setUp(
  steps: object[],
  options: Partial<PacketRouterOptions> = {},
  spec: object = {},
  documents: readonly object[] = [],
) {
  const objects = await new FileDirectory(
    [storyText(steps, {}, spec), ...documents.map((one) => JSON.stringify(one))].join("\n---\n"),
  ).find("demo", "voice-1");
  assert(objects !== undefined);
  const plan: RunPlan = planRun(objects, DEFAULT_HUB_LIMITS);
  const slept: number[] = [];
  const skipped: string[] = [];
  const router = new PacketRouter({
    engine,
    now: () => 0,
    wait: (milliseconds, signal) => {
      slept.push(milliseconds);
      return signal.aborted ? new Promise(() => {}) : Promise.resolve();
    },
    skipped: (_plan, step, reason) => skipped.push(`${step} ${reason}`),
    ...options,
  });
  const route = (source: string, payload: JsonObject, metadata = {}) =>
    Promise.all(router.route(plan, source, packetOf(payload, metadata)).map(summary));
  return { plan, router, route, slept, skipped };
}

export function packetOf(payload: JsonObject, metadata: Record<string, string> = {}): Packet {
  return Packet.read(encode(DataPacket, { metadata, payload: jsonToStruct(payload) }));
}

async function summary(route: Route): Promise<string> {
  const { step } = route;
  if ("error" in route) return `${step}: ${route.error.message}`;
  const outcome: Outcome = "later" in route ? await route.later : { kind: "send", ...route };
  if (outcome.kind === "failed") return `${step}: ${outcome.error.message}`;
  if (outcome.kind === "dropped") return `${step} ${outcome.reason}`;
  if (outcome.kind === "output") {
    const { payload, metadata = {} } = outcome.packet.decoded();
    const id = metadata["bubu.envelope.message_id"] ?? "";
    return `${step} puts out ${JSON.stringify(structToJson(payload ?? new Uint8Array()))} ${id}`
      .trim();
  }
  if (outcome.kind !== "send") return `${step} ${outcome.kind}`;
  const inputs = outcome.replacement?.inputs;
  return inputs === undefined
    ? route.step
    : `${route.step} ${JSON.stringify(structToJson(inputs))}`;
}

/** A primitive, which has no engram and no transport. */
export const primitive = (name: string, type: string, more: object = {}) => ({
  name,
  type,
  ref: undefined,
  transport: undefined,
  ...more,
});

/** A starter whose children end when a test says so. */
export function children(): StoryStarter & {
  readonly started: string[];
  end(name: string, phase: string): void;
} {
  const started: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const endOf = (name: string) => {
    const known = ends.get(name) ?? Promise.withResolvers<string>();
    ends.set(name, known);
    return known;
  };
  return {
    started,
    start: ({ metadata }) => Promise.resolve(void started.push(metadata.name)),
    finished: (_namespace, name) => endOf(name).promise,
    end: (name, phase) => endOf(name).resolve(phase),
  };
}

/** Metadata of a packet with an id. */
export const message = (id: string, more = {}) => ({ "bubu.envelope.message_id": id, ...more });
/** A turn of the event loop: everything that is due has happened. */
export const turn = () => new Promise((resolve) => setTimeout(resolve));
