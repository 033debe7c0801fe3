import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { binding, CHAIN, connectorReady, run, story } from "./testing/objects.ts";
import { inTransportWorld, type TransportWorld } from "./testing/world.ts";

const RUNS = ["run-1", "run-2"] as const;
const STEPS = CHAIN.map(({ name }) => name);

/** What users, bobrapet and connectors do; each leaves the end result the same however often. */
const act = fc.oneof(
  fc.record({ do: fc.constant("bind" as const), run: fc.constantFrom(...RUNS), step: fc.nat(1) }),
  fc.record({ do: fc.constant("report" as const), run: fc.constantFrom(...RUNS), step: fc.nat(1) }),
  fc.record({ do: fc.constant("touch" as const), run: fc.constantFrom(...RUNS) }),
);
/** What goes wrong meanwhile, and after how many turns of the microtask queue. */
const fault = fc.record({
  fault: fc.constantFrom("crash" as const, "cut" as const, "busy" as const, "none" as const),
  turns: fc.nat(60),
  ms: fc.nat(400),
});
const scenario = fc.record({
  steps: fc.array(fc.tuple(act, fault), { minLength: 1, maxLength: 14 }),
  deleted: fc.subarray([...RUNS]),
  deletedAt: fc.nat(13),
  storyFate: fc.constantFrom("stays", "gone", "batch", "kafka"),
});

async function play(
  world: TransportWorld,
  { steps, deleted, deletedAt, storyFate }: typeof scenario extends fc.Arbitrary<infer T> ? T
    : never,
  withFaults: boolean,
): Promise<void> {
  world.put(story(), ...RUNS.map((name) => run(name)));
  for (const [index, [action, { fault, turns, ms }]] of steps.entries()) {
    if (index === Math.min(deletedAt, steps.length - 1)) {
      // Whoever deletes tries until the API server takes it.
      world.api.allow();
      for (const name of deleted) await world.delete("StoryRun", name);
    }
    const name = "step" in action ? `${action.run}-${STEPS[action.step]}-transport` : "";
    const exists = world.get("TransportBinding", name) !== undefined;
    if (action.do === "bind" && !exists) {
      world.put(binding(STEPS[action.step] ?? "", { run: action.run }));
    } else if (action.do === "report" && exists) {
      const status = world.get("TransportBinding", name)?.["status"] as
        | { conditions?: { type: string }[] }
        | undefined;
      const others = status?.conditions?.filter(({ type }) => type !== "Ready") ?? [];
      const conditions = [...others, connectorReady()];
      world.change("TransportBinding", name, { status: { conditions } });
    } else if (action.do === "touch" && world.get("StoryRun", action.run) !== undefined) {
      world.change("StoryRun", action.run, { metadata: { labels: { touched: String(index) } } });
    }
    if (withFaults) await strike(world, fault, turns);
    await world.settle(ms);
  }
  world.api.allow();
  if (storyFate === "gone") world.server.store.remove(STORIES, "voice", "demo");
  if (storyFate === "batch") world.put(story(undefined, { pattern: "batch" }));
  if (storyFate === "kafka") {
    world.put(story(undefined, { annotations: { "bobravoz.bubustack.io/transport": "kafka" } }));
  }
  // Longer than any delay of a retry.
  await world.settle(900_000);
}

async function strike(world: TransportWorld, fault: string, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await null;
  if (fault === "crash") await world.crash();
  else if (fault === "cut") world.server.cutWatches();
  else if (fault === "busy") world.api.refuse(/./, 503, "ServiceUnavailable");
  if (fault !== "busy") world.api.allow();
}

const STORIES = { group: "bubustack.io", version: "v1alpha1", resource: "stories" };

/** All that the controller has written of runs, without times and versions, conditions by name. */
function endState(world: TransportWorld, runs: readonly string[]): unknown {
  const objects = [
    ...runs.map((name) => world.get("StoryRun", name)),
    ...runs.flatMap((name) =>
      STEPS.map((step) => world.get("TransportBinding", `${name}-${step}-transport`))
    ),
  ];
  return objects.map((object) => {
    const { conditions, ...status } = (object?.["status"] ?? {}) as Record<string, unknown>;
    return {
      annotations: object?.metadata.annotations ?? {},
      finalizers: object?.metadata.finalizers ?? [],
      status,
      conditions: ((conditions ?? []) as { type: string; lastTransitionTime: string }[])
        .map(({ lastTransitionTime: _, ...condition }) => condition)
        .sort((a, b) => a.type < b.type ? -1 : 1),
    };
  });
}

Deno.test("crashes, cut watches and a busy API server lead to the same end as an undisturbed run", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const ends: unknown[] = [];
      for (const withFaults of [false, true]) {
        await inTransportWorld(async (world) => {
          await play(world, given, withFaults);
          for (const name of given.deleted) {
            assertEquals(world.get("StoryRun", name), undefined, `${name} is gone`);
          }
          // What a run had come to when it was deleted, or its Story changed, is a matter of time.
          const kept = RUNS.filter((name) => !given.deleted.includes(name));
          if (given.storyFate === "stays") ends.push(endState(world, kept));
          world.takeWrites();
          await world.settle(600_000);
          assertEquals(world.takeWrites(), [], "and nothing more is written");
          for (const name of kept) await world.delete("StoryRun", name);
          await world.settle(300_000);
          for (const name of kept) assertEquals(world.get("StoryRun", name), undefined, name);
        });
      }
      assertEquals(ends[1], ends[0]);
    }),
    { numRuns: 100 },
  );
});
