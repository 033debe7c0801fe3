import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Packet } from "../../contracts/transport/packet.ts";
import { parse } from "../../contracts/transport/parse.ts";
import { storySpecSchema } from "../../contracts/transport/story.ts";
import { storySteps } from "../../contracts/transport/testing/arbitraries.ts";
import { ExpressionEngine } from "../expression/engine.ts";
import { FanIn } from "./fan_in.ts";
import { storyGraph } from "./story_graph.ts";
import { type RoutingAction, StoryRouter } from "./story_router.ts";

const engine = new ExpressionEngine({ now: () => 0, random: () => 0 });
const ref = (name: string) => ({ name, ref: { name: `engram-${name}` }, transport: "rt" });

function router(steps: unknown[], streaming: unknown = {}, inputs = {}): StoryRouter {
  const spec = parse(storySpecSchema, {
    pattern: "realtime",
    transports: [{ name: "rt", transportRef: "default", streaming }],
    steps,
  }, "spec");
  return new StoryRouter(storyGraph(spec, new Map()), engine, inputs);
}

function route(
  story: StoryRouter,
  source: string,
  payload: Packet["payload"] = {},
  metadata: Record<string, string> = {},
  fanIn = new FanIn(),
): string[] {
  return story.route(source, { metadata, payload }, { fanIn, now: 0 }).map(summary);
}

function summary(action: RoutingAction): string {
  if (action.kind === "skip") return `${action.step} skip ${action.reason}`;
  if (action.kind === "fail") return `${action.step} fail ${action.error.message}`;
  const inputs = action.kind === "send" && action.inputs !== undefined
    ? ` ${JSON.stringify(action.inputs)}`
    : "";
  const after = action.after.length > 0 ? ` after ${action.after}` : "";
  return `${action.step} ${action.kind}${inputs}${
    action.delay > 0 ? ` in ${action.delay}` : ""
  }${after}`;
}

Deno.test("a packet goes to all that need its source, and the plan of it is made once", () => {
  const story = router([
    ref("a"),
    { ...ref("b"), needs: ["a"] },
    { ...ref("c"), needs: ["a"] },
    { ...ref("d"), needs: ["b"] },
  ]);
  assertEquals(route(story, "a"), ["b send", "c send"]);
  assertEquals(story.fixed("a"), story.fixed("a"));
  assert(story.fixed("a") !== undefined);
  assertEquals(route(story, "d"), []);
  assertEquals(route(story, "nobody"), []);
});

Deno.test("a step without needs follows every earlier step of its transport", () => {
  const other = { ...ref("x"), transport: "other" };
  assertEquals(route(router([ref("a"), other, ref("b")]), "a"), ["b send"]);
});

Deno.test("a condition that does not hold skips its step alone", () => {
  const story = router([
    ref("a"),
    { ...ref("b"), needs: ["a"], if: '{{ eq packet.kind "b" }}' },
    { ...ref("c"), needs: ["a"] },
  ]);
  assertEquals(route(story, "a", { kind: "x" }), ["b skip condition", "c send"]);
  assertEquals(route(story, "a", { kind: "b" }), ["b send", "c send"]);
  assertEquals(route(story, "a", { kind: 7 }), [
    "b fail error calling eq: incompatible types for comparison: float64 and string",
    "c send",
  ]);
});

Deno.test("a condition on inputs alone is asked once, and its with block resolved once", () => {
  const story = router(
    [
      ref("a"),
      {
        ...ref("b"),
        needs: ["a"],
        if: '{{ eq inputs.mode "on" }}',
        with: { m: "{{ inputs.mode }}" },
      },
      { ...ref("c"), needs: ["a"], if: '{{ eq inputs.mode "off" }}' },
    ],
    {},
    { mode: "on" },
  );
  assertEquals(story.fixed("a")?.map(summary), ['b send {"m":"on"}', "c skip condition"]);
});

Deno.test("runtime makes inputs of each packet; with may read inputs alone", () => {
  const story = router([
    ref("a"),
    { ...ref("b"), needs: ["a"], runtime: { text: "{{ steps.a.text }}!" } },
    { ...ref("c"), needs: ["a"], with: { text: "{{ packet.text }}" } },
    { ...ref("d"), needs: ["a"], runtime: { later: "{{ steps.b.text }}" } },
  ]);
  assertEquals(route(story, "a", { text: "hi" }), [
    'b send {"text":"hi!"}',
    'c fail step "c" with block not valid for streaming: with.text: "packet" may not be read by static expressions',
    "d skip blocked",
  ]);
});

Deno.test("a step after a primitive is reached through it, and not when its condition fails", () => {
  const story = router([
    ref("a"),
    { name: "gate", type: "condition", needs: ["a"], if: "{{ packet.ok }}" },
    { ...ref("b"), needs: ["gate"] },
    { ...ref("c"), needs: ["a"] },
  ]);
  assertEquals(route(story, "a", { ok: true }), ["b send", "c send"]);
  assertEquals(route(story, "a", { ok: false }), ["gate skip condition", "c send"]);
});

Deno.test("sleep delays those behind it, stop ends the packet's way", () => {
  const story = router([
    ref("a"),
    { name: "nap", type: "sleep", needs: ["a"], with: { duration: "20ms" } },
    { ...ref("b"), needs: ["nap"] },
    { ...ref("c"), needs: ["a"] },
    { name: "end", type: "stop", needs: ["a"], if: "{{ packet.last }}" },
    { ...ref("d"), needs: ["a"] },
  ]);
  assertEquals(route(story, "a", { last: false }), [
    "b send in 20",
    "c send",
    "end skip condition",
    "d send",
  ]);
  assertEquals(route(story, "a", { last: true }), ["b send in 20", "c send", "d skip stopped"]);
});

Deno.test("executeStory starts a child with the packet's data; who waits for it comes after", () => {
  const block = { storyRef: { name: "child" }, with: { text: "{{ packet.text }}" } };
  const story = router([
    ref("a"),
    {
      name: "spawn",
      type: "executeStory",
      needs: ["a"],
      with: { ...block, waitForCompletion: true },
    },
    { ...ref("b"), needs: ["spawn"] },
    { ...ref("c"), needs: ["a"] },
  ]);
  const [start, ...sends] = story.route("a", { metadata: {}, payload: { text: "hi" } }, {
    fanIn: new FanIn(),
    now: 0,
  });
  assert(start?.kind === "start");
  assertEquals(start.child, { story: "child", inputs: { text: "hi" }, wait: true });
  assertEquals(sends.map(summary), ["b send after spawn", "c send"]);
});

Deno.test("deny beats allow, and where there are allows one has to match", () => {
  const steps = [ref("a"), ...["b", "c", "d"].map((name) => ({ ...ref(name), needs: ["a"] }))];
  const rules = [
    { action: "allow", target: { steps: ["b", "c"] } },
    { action: "deny", when: '{{ eq packet.metadata.lang "de" }}', target: { steps: ["c"] } },
  ];
  const story = router(steps, { routing: { rules } });
  assertEquals(route(story, "a", {}, { lang: "en" }), ["b send", "c send", "d skip rule"]);
  assertEquals(route(story, "a", {}, { lang: "de" }), ["b send", "c skip rule", "d skip rule"]);
});

Deno.test("a rule without an action changes nothing", () => {
  const steps = [ref("a"), ...["b", "c"].map((name) => ({ ...ref(name), needs: ["a"] }))];
  const rules = [{ name: "idle" }, { action: "allow", target: { steps: ["b"] } }];
  const story = router(steps, { routing: { rules } });
  assertEquals(route(story, "a"), ["b send", "c skip rule"]);
});

Deno.test("a join waits for all its needs and sees what each put out", () => {
  const story = router([
    ref("a"),
    ref("b"),
    { ...ref("j"), needs: ["a", "b"], runtime: { sum: "{{ steps.a.x }}{{ steps.b.y }}" } },
  ]);
  const fanIn = new FanIn();
  const key = { "bubu.join.key": "k1" };
  assertEquals(route(story, "b", { y: 2 }, key, fanIn), ["j skip join"]);
  assertEquals(route(story, "a", { x: 1 }, key, fanIn).at(-1), 'j send {"sum":"12"}');
  assertEquals(route(story, "a", { x: 1 }, key, fanIn).at(-1), "j skip join");
  // Without a join id nothing can be joined: each packet passes on its own.
  assertEquals(route(story, "a", { x: 1 }).at(-1), "j skip blocked");
});

Deno.test("in any story sends follow the graph, never exceed their limit and go to engrams", () => {
  const limits = fc.integer({ min: 1, max: 4 });
  fc.assert(fc.property(storySteps, limits, fc.boolean(), (steps, maxDownstreams, ok) => {
    const story = router(
      steps.map((step) => ({ ...step, transport: "rt" })),
      { routing: { maxDownstreams } },
    );
    for (const [index, { name: source }] of steps.entries()) {
      const packet: Packet = { metadata: {}, payload: { ok, text: "t" } };
      const actions = story.route(source, packet, { fanIn: new FanIn(), now: 0 });
      const sends = actions.filter(({ kind }) => kind === "send").map(({ step }) => step);
      assertEquals(new Set(actions.map(({ step }) => step)).size, actions.length);
      assert(sends.length <= maxDownstreams);
      const passed = new Set(
        steps.filter(({ type }) => type !== undefined).map(({ name }) => name),
      );
      for (const target of sends) {
        const at = steps.findIndex(({ name }) => name === target);
        const { needs = [], ref, if: condition } = steps[at]!;
        assert(at > index && ref !== undefined);
        assert(needs.length === 0 || needs.some((need) => need === source || passed.has(need)));
        assert(ok || condition === undefined);
      }
      const fixed = story.fixed(source);
      if (fixed !== undefined) assertEquals(fixed, actions);
    }
  }));
});
