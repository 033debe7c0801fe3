import { assert, assertEquals } from "@std/assert";
import type { StoryRun } from "../../contracts/transport/runs.ts";
import { ExpressionEngine } from "../expression/engine.ts";
import type { StoryStarter } from "../primitives/story_starter.ts";
import { encode } from "../proto/codec.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { type JsonObject, jsonToStruct, structToJson } from "../proto/struct.ts";
import type { Outcome, Route } from "../server/router.ts";
import { FileDirectory } from "../story/file_directory.ts";
import { planRun, type RunPlan } from "../story/run_plan.ts";
import { storyText } from "../server/testing/memory_hub.ts";
import { DEFAULT_HUB_LIMITS } from "../../contracts/transport/policies.ts";
import { PacketRouter, type PacketRouterOptions } from "./packet_router.ts";

const engine = new ExpressionEngine({ now: () => 0, random: () => 0 });

async function setUp(
  steps: object[],
  options: Partial<PacketRouterOptions> = {},
  spec: object = {},
) {
  const objects = await new FileDirectory(storyText(steps, {}, spec)).find("demo", "voice-1");
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

function packetOf(payload: JsonObject, metadata: Record<string, string> = {}): Packet {
  return Packet.read(encode(DataPacket, { metadata, payload: jsonToStruct(payload) }));
}

async function summary(route: Route): Promise<string> {
  const { step } = route;
  if ("error" in route) return `${step}: ${route.error.message}`;
  const outcome: Outcome = "later" in route ? await route.later : { kind: "send", ...route };
  if (outcome.kind === "failed") return `${step}: ${outcome.error.message}`;
  if (outcome.kind === "dropped") return `${step} ${outcome.reason}`;
  if (outcome.kind !== "send") return `${step} ${outcome.kind}`;
  const inputs = outcome.replacement?.inputs;
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

Deno.test("a sleep delays those behind it, each by as long as its own way takes", async () => {
  const { route, slept } = await setUp([
    { name: "a" },
    primitive("nap", "sleep", { needs: ["a"], with: { duration: "20ms" } }),
    primitive("again", "sleep", { needs: ["nap"], with: { duration: "5ms" } }),
    { name: "b", needs: ["nap"] },
    { name: "c", needs: ["again"] },
  ]);
  assertEquals(await route("a", {}), ["b", "c"]);
  assertEquals(slept, [20, 25]);
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
      phase === "Succeeded"
        ? ["spawn done", "b", "c"]
        : [`spawn: ${message}`, `b: ${message}`, "c"],
    );
  }
});

Deno.test("where nothing starts stories, executeStory fails and others get the packet", async () => {
  const { route } = await setUp(SPAWN);
  const message = "executeStory spawn: nothing here starts stories";
  assertEquals(await route("a", { x: 1 }), [`spawn: ${message}`, `b: ${message}`, "c"]);
});

const CHILD = { storyRef: { name: "child" } };

/** A starter whose children end when a test says so. */
function children(): StoryStarter & {
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

const message = (id: string, more = {}) => ({ "bubu.envelope.message_id": id, ...more });
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("a child that nobody waits for holds nothing, and its failure is told of the parent", async () => {
  const starter = children();
  const degraded: string[] = [];
  const { route } = await setUp([
    { name: "a" },
    primitive("spawn", "executeStory", { needs: ["a"], with: CHILD }),
    { name: "b", needs: ["spawn"] },
  ], {
    starter,
    wait: () => new Promise(() => {}),
    conditions: {
      degrade: ({ storyRun }, reason, text) => degraded.push(`${storyRun} ${reason} ${text}`),
      recover() {},
    },
  });
  for (const id of ["m1", "m2"]) {
    assertEquals(await route("a", {}, message(id)), ["spawn done", "b"]);
  }
  starter.end("voice-1-spawn-m1", "Succeeded");
  starter.end("voice-1-spawn-m2", "Failed");
  await turn();
  assertEquals(degraded, [
    "voice-1 DependencyFailed child story voice-1-spawn-m2 of step spawn ended as Failed",
  ]);
});

Deno.test("packets without an id start a child each, however many come in one millisecond", async () => {
  const starter = children();
  const { route } = await setUp([
    { name: "a" },
    primitive("spawn", "executeStory", { needs: ["a"], with: CHILD }),
  ], { starter, engine: new ExpressionEngine({ now: () => 1_700_000_000_000, random: () => 0 }) });
  for (let n = 0; n < 3; n++) await route("a", {});
  assertEquals(starter.started, [0, 1, 2].map((n) => `voice-1-spawn-170000000000${n}`));
});

Deno.test("a child that does not end in its step's time fails those behind it alone", async () => {
  const waits: number[] = [];
  const { route } = await setUp([
    { name: "a" },
    primitive("spawn", "executeStory", {
      needs: ["a"],
      with: { ...CHILD, waitForCompletion: true },
      execution: { timeout: "7s" },
    }),
    { name: "b", needs: ["spawn"] },
    { name: "c", needs: ["a"] },
  ], { starter: children(), wait: (ms) => Promise.resolve(void waits.push(ms)) });
  const late = "executeStory spawn: voice-1-spawn-m1 did not end in time";
  assertEquals(await route("a", {}, message("m1")), [`spawn: ${late}`, `b: ${late}`, "c"]);
  assertEquals(waits, [7_000]);
});

const WAITING = [
  { name: "a" },
  primitive("spawn", "executeStory", {
    needs: ["a"],
    with: { ...CHILD, waitForCompletion: true },
  }),
  { name: "b", needs: ["spawn"] },
];

/** Routes three packets, ends their children backwards, and says in which order they came through. */
async function inMode(concurrency: object, metadata: Record<string, string>[] = [{}, {}, {}]) {
  const starter = children();
  const { route } = await setUp(
    WAITING,
    { starter, wait: () => new Promise(() => {}) },
    { concurrency },
  );
  const came: string[] = [];
  for (const [n, more] of metadata.entries()) {
    void route("a", {}, message(`m${n}`, more)).then(([, b]) => came.push(`${b} ${n}`));
  }
  const started: number[] = [];
  for (const n of [2, 1, 0]) {
    await turn();
    started.push(starter.started.length);
    starter.end(`voice-1-spawn-m${n}`, "Succeeded");
  }
  for (let n = 0; n < 5; n++) await turn();
  return { came, started };
}

Deno.test("parallel cycles run beside each other, serial ones after each other", async () => {
  assertEquals(await inMode({}), { came: ["b 2", "b 1", "b 0"], started: [3, 3, 3] });
  assertEquals(await inMode({ mode: "serial" }), {
    came: ["b 0", "b 1", "b 2"],
    started: [1, 1, 1],
  });
});

Deno.test("under cancelPrevious a newer packet takes the place of the one that waits", async () => {
  assertEquals((await inMode({ mode: "cancelPrevious" })).came, [
    "b cancelled 0",
    "b cancelled 1",
    "b 2",
  ]);
});

Deno.test("with the scope participant only packets of one participant count", async () => {
  const concurrency = { mode: "cancelPrevious", scope: "participant" };
  const metadata = [{ participant: "ann" }, { "participant.id": "bob" }, { participant: "ann" }];
  assertEquals((await inMode(concurrency, metadata)).came, ["b cancelled 0", "b 2", "b 1"]);
});

Deno.test("a run that is forgotten lets go of everything that waits", async () => {
  const { plan, router, route } = await setUp(WAITING, {
    starter: children(),
    wait: () => new Promise(() => {}),
  });
  const routed = route("a", {}, message("m1"));
  router.forget(plan, "evicted");
  assertEquals(await routed, ["spawn evicted", "b evicted"]);
});
