import { assertEquals, assertMatch } from "@std/assert";
import { ANNOTATIONS, FINALIZER } from "../../contracts/transport/names.ts";
import { binding, run, type Step, story } from "./testing/objects.ts";
import { inTransportWorld, type TransportWorld } from "./testing/world.ts";

const GRPC = ANNOTATIONS.transport;

function engram(name: string) {
  return {
    apiVersion: "bubustack.io/v1alpha1",
    kind: "Engram",
    metadata: { name, namespace: "demo" },
    spec: {},
  };
}

/** What may have become of a run's Story by the time that the run is deleted. */
const FATES: Record<string, (world: TransportWorld) => void> = {
  "stays as it was": () => {},
  "is gone": (world) => world.server.store.remove(STORIES, "voice", "demo"),
  "is batch now": (world) => world.put(story(undefined, { pattern: "batch" })),
  "names another transport": (world) =>
    world.put(story(undefined, { annotations: { [GRPC]: "nats" } })),
  "does not fit its schema": (world) => world.put({ ...story(), spec: { steps: "none" } }),
  "has steps that make no sense": (world) =>
    world.put(story([{ name: "a", transport: "undeclared" } as Step])),
};

const STORIES = { group: "bubustack.io", version: "v1alpha1", resource: "stories" };

for (const [fate, befall] of Object.entries(FATES)) {
  Deno.test(`a run can be deleted at every stage when its Story ${fate}`, async () => {
    for (const stage of ["before its bindings", "when it is ready", "when it has failed"]) {
      await inTransportWorld(async (world) => {
        world.put(story(), run());
        if (stage === "when it is ready") world.put(binding("step-a"), binding("step-b"));
        await world.settle();
        assertEquals(world.get("StoryRun", "run-1")?.metadata.finalizers, [FINALIZER]);
        if (stage === "when it has failed") {
          world.change("StoryRun", "run-1", { status: { phase: "Failed" } });
        }
        befall(world);
        await world.delete("StoryRun", "run-1");
        await world.settle(10_000);
        assertEquals(world.get("StoryRun", "run-1"), undefined, stage);
        assertEquals(world.events.at(-1), COMPLETE(0), stage);
      });
    }
  });
}

const COMPLETE = (resets: number) =>
  `Normal TransportCleanupComplete: grpc transport cleanup completed (annotationsReset=${resets})`;

Deno.test("the finalizers of others stay, and the run waits for them with its state cleaned", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run("run-1", { finalizers: ["bobrapet.io/guard"] }));
    await world.settle();
    assertEquals(world.get("StoryRun", "run-1")?.metadata.finalizers, [
      "bobrapet.io/guard",
      FINALIZER,
    ]);
    await world.delete("StoryRun", "run-1");
    await world.settle();
    assertEquals(world.get("StoryRun", "run-1")?.metadata.finalizers, ["bobrapet.io/guard"]);
    for (const type of ["TransportReady", "Ready"]) {
      assertEquals(
        world.says("StoryRun", "run-1", type),
        "False/TransportCleaned: grpc transport cleanup completed",
      );
    }
    world.takeWrites();
    await world.settle(600_000);
    assertEquals(world.takeWrites(), [], "what is cleaned is not cleaned again");
  }));

Deno.test("an Engram of a run that comes late mirrors the transport, too", () =>
  inTransportWorld(async (world) => {
    world.put(story(), binding("step-a"), binding("step-b"), run());
    await world.settle(60_000);
    world.put(engram("run-1-step-a"));
    await world.settle();
    const { annotations } = world.get("Engram", "run-1-step-a")?.metadata ?? {};
    assertEquals(annotations?.[ANNOTATIONS.ready], "true");
  }));

Deno.test("the run's own Engrams mirror the transport, and are reset when it goes", () =>
  inTransportWorld(async (world) => {
    world.put(engram("run-1-step-a"), story(), binding("step-a"), binding("step-b"), run());
    await world.settle();
    const mirror = () => {
      const { annotations = {} } = world.get("Engram", "run-1-step-a")?.metadata ?? {};
      return `${annotations[ANNOTATIONS.ready]} ${annotations[ANNOTATIONS.message]}`;
    };
    assertEquals(mirror(), "true transport binding run-1-step-a-transport resolved");
    world.change("StoryRun", "run-1", { metadata: { finalizers: [FINALIZER, "x.io/y"] } });
    await world.delete("StoryRun", "run-1");
    await world.settle();
    assertEquals(mirror(), "false transport binding step-a cleaned up");
    assertEquals(world.events.at(-1), COMPLETE(1));
    assertEquals(world.told, ["demo true", "demo false"]);
  }));

Deno.test("a cleanup that fails is told and tried again, and lets the run go after two minutes", () =>
  inTransportWorld(async (world) => {
    world.put(engram("run-1-step-a"), story(), binding("step-a"), binding("step-b"), run());
    await world.settle();
    world.api.refuse(/ engrams demo/, 403, "Forbidden");
    await world.delete("StoryRun", "run-1");
    await world.settle(100_000);
    assertMatch(
      world.says("StoryRun", "run-1", "TransportReady"),
      /^False\/CleaningUp: Cleaning up grpc transport/,
    );
    const failures = world.events.filter((event) => /CleanupFailed|AnnotationFailed/.test(event));
    assertMatch(failures[0] ?? "", /^Warning EngramTransportAnnotationFailed: .*refused by a test/);
    assertMatch(
      failures[1] ?? "",
      /^Warning TransportCleanupFailed: grpc transport cleanup failed/,
    );
    await world.settle(300_000);
    assertEquals(world.get("StoryRun", "run-1"), undefined);
  }));

Deno.test("a status that cannot be written does not hold a deletion up", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run());
    await world.settle();
    world.api.refuse(/storyruns\/status/, 422, "Invalid");
    await world.delete("StoryRun", "run-1");
    await world.settle();
    assertEquals(world.get("StoryRun", "run-1"), undefined);
  }));

Deno.test("a run whose Story turns batch is let go without being deleted", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run());
    await world.settle();
    world.put(story(undefined, { pattern: "batch" }));
    await world.settle();
    assertEquals(world.get("StoryRun", "run-1")?.metadata.finalizers, []);
    assertEquals(
      world.says("StoryRun", "run-1", "TransportReady"),
      "False/TransportCleaned: Story demo/voice is not realtime any longer",
    );
  }));
