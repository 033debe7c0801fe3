import { assert, assertEquals } from "@std/assert";
import type { StoryRun } from "../../contracts/transport/runs.ts";
import { ExpressionEngine } from "../expression/engine.ts";
import type { StoryStarter } from "../primitives/story_starter.ts";
import { encode } from "../proto/codec.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { type JsonObject, jsonToStruct, structToJson } from "../proto/struct.ts";
import type { Route } from "../server/router.ts";
import { FileDirectory } from "../story/file_directory.ts";
import { planRun, type RunPlan } from "../story/run_plan.ts";
import { storyText } from "../server/testing/memory_hub.ts";
import { DEFAULT_HUB_LIMITS } from "../../contracts/transport/policies.ts";
import { PacketRouter, type PacketRouterOptions } from "./packet_router.ts";

const engine = new ExpressionEngine({ now: () => 0, random: () => 0 });

async function setUp(steps: object[], options: Partial<PacketRouterOptions> = {}) {
  const objects = await new FileDirectory(storyText(steps)).find("demo", "voice-1");
  assert(objects !== undefined);
  const plan: RunPlan = planRun(objects, DEFAULT_HUB_LIMITS);
  const slept: number[] = [];
  const skipped: string[] = [];
  const router = new PacketRouter({
    engine,
    now: () => 0,
    wait: (milliseconds) => Promise.resolve(void slept.push(milliseconds)),
    skipped: (_plan, step, reason) => skipped.push(`${step} ${reason}`),
    ...options,
  });
  const route = async (source: string, payload: JsonObject, metadata = {}) =>
    (await router.route(plan, source, packetOf(payload, metadata))).map(summary);
  return { plan, router, route, slept, skipped };
}

function packetOf(payload: JsonObject, metadata: Record<string, string> = {}): Packet {
  return Packet.read(encode(DataPacket, { metadata, payload: jsonToStruct(payload) }));
}

function summary(route: Route): string {
  if ("error" in route) return `${route.step}: ${route.error.message}`;
  const inputs = route.replacement?.inputs;
  return inputs === undefined
    ? route.step
    : `${route.step} ${JSON.stringify(structToJson(inputs))}`;
}

const primitive = (name: string, type: string, more: object = {}) => ({
  name,
  type,
  ref: undefined,
  transport: undefined,
  ...more,
});

Deno.test("packets of a plain source share one list of routes", async () => {
  const { plan, router } = await setUp([{ name: "a" }, { name: "b", needs: ["a"] }]);
  const first = router.route(plan, "a", packetOf({}));
  assertEquals(first, [{ step: "b" }]);
  assert(router.route(plan, "a", packetOf({ x: 1 })) === first);
});

Deno.test("conditions and runtime blocks read the packet as it came over the wire", async () => {
  const { route, skipped } = await setUp([
    { name: "a" },
    { name: "b", needs: ["a"], if: '{{ eq packet.metadata.lang "en" }}' },
    {
      name: "c",
      needs: ["a"],
      runtime: { text: "{{ steps.a.text | upper }}", n: "{{ packet.n }}" },
    },
    { name: "d", needs: ["a"], if: "{{ packet.n }}" },
  ]);
  assertEquals(await route("a", { text: "hi", n: 7 }, { lang: "de" }), [
    'c {"text":"HI","n":7}',
    "d: condition did not resolve to boolean",
  ]);
  assertEquals(skipped, ["b condition"]);
});

Deno.test("a sleep holds the packet for as long as its longest way takes", async () => {
  const { route, slept } = await setUp([
    { name: "a" },
    primitive("nap", "sleep", { needs: ["a"], with: { duration: "20ms" } }),
    primitive("again", "sleep", { needs: ["nap"], with: { duration: "5ms" } }),
    { name: "b", needs: ["nap"] },
    { name: "c", needs: ["again"] },
  ]);
  assertEquals(await route("a", {}), ["b", "c"]);
  assertEquals(slept, [20, 5]);
});

Deno.test("steps of a message are remembered for those that read further back", async () => {
  const { route } = await setUp([
    { name: "a" },
    { name: "b", needs: ["a"] },
    { name: "c", needs: ["b"], runtime: { from: "{{ steps.a.x }}" } },
  ]);
  const metadata = { "bubu.envelope.message_id": "m1" };
  assertEquals(await route("a", { x: 1 }, metadata), ["b"]);
  assertEquals(await route("b", { y: 2 }, metadata), ['c {"from":1}']);
  assertEquals(await route("b", { y: 2 }, { "bubu.envelope.message_id": "m2" }), []);
});

const SPAWN = [
  { name: "a" },
  primitive("spawn", "executeStory", {
    needs: ["a"],
    with: { storyRef: { name: "child" }, waitForCompletion: true, with: { x: "{{ packet.x }}" } },
  }),
  { name: "b", needs: ["spawn"] },
  { name: "c", needs: ["a"] },
];

Deno.test("a child story is started with the packet's data, and its end decides who goes on", async () => {
  for (const phase of ["Succeeded", "Failed"]) {
    const started: StoryRun[] = [];
    const starter: StoryStarter = {
      start: (run) => Promise.resolve(void started.push(run)),
      finished: () => Promise.resolve(phase),
    };
    const { route } = await setUp(SPAWN, { starter });
    const routes = await route("a", { x: 1 }, { "bubu.envelope.message_id": "m1" });
    assertEquals(started.map(({ metadata, spec }) => [metadata.name, spec.inputs]), [
      ["voice-1-spawn-m1", { x: 1 }],
    ]);
    const message = "executeStory spawn: voice-1-spawn-m1 ended as Failed";
    assertEquals(
      routes,
      phase === "Succeeded" ? ["b", "c"] : [`spawn: ${message}`, `b: ${message}`, "c"],
    );
  }
});

Deno.test("where nothing starts stories, executeStory fails and others get the packet", async () => {
  const { route } = await setUp(SPAWN);
  const message = "executeStory spawn: nothing here starts stories";
  assertEquals(await route("a", { x: 1 }), [`spawn: ${message}`, `b: ${message}`, "c"]);
});
