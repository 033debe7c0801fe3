import { assertEquals } from "@std/assert";
import { parse } from "../../contracts/transport/parse.ts";
import { storySpecSchema } from "../../contracts/transport/story.ts";
import { ExpressionEngine } from "../expression/engine.ts";
import { awaitedSteps, hookConsumers, hookId, hookPacket } from "./hooks.ts";
import { storyGraph } from "./story_graph.ts";

const RUN = { namespace: "demo", name: "voice-1" };

const graph = storyGraph(
  parse(storySpecSchema, {
    pattern: "realtime",
    steps: [
      { name: "a", ref: { name: "e" }, transport: "rt" },
      { name: "b", ref: { name: "e" }, if: '{{ eq packet.type "StoryRun.Ready" }}' },
      { name: "c", type: "condition", if: '{{ eq packet.type "storyrun.ready" }}' },
    ],
  }, "spec"),
  new Map(),
);

Deno.test("consumers of a hook are the engrams whose condition names it", () => {
  assertEquals(hookConsumers(graph, { name: "storyrun.ready" }).map(({ id }) => id), ["b"]);
  assertEquals(hookConsumers(graph, { name: "steprun.ready", step: "a" }), []);
  assertEquals(awaitedSteps(graph), ["a"]);
});

Deno.test("a hook's packet names run, step and moment, and its id is the same each time", () => {
  const event = { name: "steprun.ready", step: "a" } as const;
  const packet = hookPacket(RUN, event, new Date("2026-04-08T10:00:00Z"));
  assertEquals(hookId(RUN, event), "demo/voice-1:steprun.ready:a");
  assertEquals(packet.metadata["bubu.envelope.message_id"], hookId(RUN, event));
  assertEquals(packet.metadata["hook.step"], "a");
  assertEquals(packet.payload, {
    kind: "hook",
    type: "steprun.ready",
    hook: {
      version: "v1",
      event: "steprun.ready",
      source: "hub",
      data: {
        timestamp: "2026-04-08T10:00:00.000Z",
        storyRun: { name: "voice-1", namespace: "demo" },
        step: { name: "a" },
      },
    },
  });
});

Deno.test("a consumer's condition holds for the hook that it names", () => {
  const engine = new ExpressionEngine({ now: () => 0, random: () => 0 });
  const { payload, metadata } = hookPacket(RUN, { name: "storyrun.ready" }, new Date(0));
  const vars = { packet: { ...payload, metadata }, steps: {}, inputs: {} };
  assertEquals(engine.condition('{{ eq packet.hook.event "storyrun.ready" }}', vars), true);
  assertEquals(engine.condition('{{ eq packet.type "steprun.ready" }}', vars), false);
});
