import { assert, assertEquals } from "@std/assert";
import type { StoryRun } from "../../contracts/transport/runs.ts";
import { ExpressionEngine } from "../expression/engine.ts";
import type { StoryStarter } from "../primitives/story_starter.ts";
import { children, message, packetOf, primitive, setUp, turn } from "./testing/routed.ts";

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

Deno.test("steps are remembered by what joins their packets, too, where each message has its own id", async () => {
  const { route } = await setUp([
    { name: "a" },
    { name: "b", needs: ["a"] },
    { name: "c", needs: ["b"], runtime: { from: "{{ steps.a.x }}" } },
  ]);
  const key = { "bubu.join.key": "turn-7" };
  await route("a", { x: 1 }, message("m1", key));
  assertEquals(await route("b", { y: 2 }, message("m2", key)), ['c {"from":1}']);
  // The message itself is the nearer relation.
  await route("a", { x: 3 }, message("m3"));
  assertEquals(await route("b", { y: 2 }, message("m3", key)), ['c {"from":3}']);
  assertEquals(await route("b", { y: 2 }, message("m4")), []);
});

Deno.test("a join that is never completed is told of when its time is over", async () => {
  let now = 0;
  const lost: object[] = [];
  const { route } = await setUp(
    [{ name: "a" }, { name: "b" }, { name: "c", needs: ["a", "b"], if: "{{ packet.ok }}" }],
    { now: () => now, joinsLost: (joins) => lost.push(joins) },
  );
  await route("a", { ok: true }, message("m1"));
  now = 120_000;
  await route("a", { ok: true }, message("m2"));
  assertEquals(lost.at(-1), { expired: 1, evicted: 0 });
});
