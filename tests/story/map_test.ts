import { assertEquals, assertMatch } from "@std/assert";
import { subscribe } from "../../client/subscribe.ts";
import { runStory } from "./run_story.ts";

Deno.test("a run is on the map while it lasts, with what it carries and by which way", async () => {
  await using story = await runStory("examples/p2p-chain.yaml", "--port", "0");
  const [, page = ""] = await story.says(/(http:\/\/127\.0\.0\.1:\d+\/\?flow=\S+)/);
  const { origin: url, searchParams } = new URL(page);
  const flowId = searchParams.get("flow") ?? "";
  assertEquals(flowId, "storyrun:default:p2p-chain-local");
  const flowing = Promise.withResolvers<void>();
  const succeeded = Promise.withResolvers<void>();
  const subscription = subscribe({
    url,
    flowId,
    onState({ nodes, relationships }) {
      const states = [...nodes.values()].map(({ status, meta }) => [status, meta?.["state"]]);
      const labels = [...relationships.values()].map(({ label }) => label);
      const isFlowing = states.length === 3 && labels.length === 2 &&
        states.every(([status, state]) => status === "running" && /^[1-9].*\/s/.test(`${state}`)) &&
        labels.every((label) => /^P2P [1-9].*\/s$/.test(label ?? ""));
      if (isFlowing) flowing.resolve();
      if (states.length > 0 && states.every(([status]) => status === "succeeded")) {
        succeeded.resolve();
      }
    },
    onError: () => {},
  });
  await flowing.promise;
  const { nodes, flow } = subscription.state;
  assertEquals(flow.status, "running");
  const numbers = [...nodes.values()].find(({ id }) => id === "numbers");
  assertEquals(numbers?.meta?.["routing"], "P2P");
  assertMatch(String(numbers?.meta?.["routingWhy"]), /connectors talk to each other/);
  assertMatch(String(numbers?.meta?.["packets"]), /^[\d,]+ sent$/);
  story.signal("SIGINT");
  await succeeded.promise;
  assertEquals((await story.ended()).code, 0);
  subscription.close();
  await subscription.closed;
});

Deno.test("the runner says what it can do, and where a file is wrong", async () => {
  const run = async (...args: string[]) => {
    await using story = await runStory(...args);
    return await story.ended();
  };
  const [help, usage, missing, wrong] = await Promise.all([
    run("--help"),
    run("--fast"),
    run("examples/none.yaml"),
    run("deno.json"),
  ]);
  assertEquals(help.code, 0);
  assertMatch(help.stdout, /--for <duration>/);
  assertEquals([usage.code, usage.stderr], [2, "unknown argument --fast: see --help\n"]);
  assertEquals([missing.code, missing.stderr], [2, "there is no file examples/none.yaml\n"]);
  assertEquals(wrong.code, 2);
  assertMatch(wrong.stderr, /^deno\.json:1: kind must be Story, StoryRun, Transport or Engram/);
});
