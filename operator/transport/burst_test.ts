import { assertEquals } from "@std/assert";
import { binding, connectorReady, run, story } from "./testing/objects.ts";
import { inTransportWorld } from "./testing/world.ts";

const STEPS = Array.from({ length: 20 }, (_, i) => ({ name: `step-${i}` }));

Deno.test("twenty connectors that come up together are one write of their run", () =>
  inTransportWorld(async (world) => {
    world.put(story(STEPS), run(), ...STEPS.map(({ name }) => binding(name)));
    await world.settle();
    world.takeWrites();
    for (const { name } of STEPS) {
      world.change("TransportBinding", `run-1-${name}-transport`, {
        status: { conditions: [connectorReady()] },
      });
      await world.settle(1);
    }
    await world.settle();
    const ofRun = world.takeWrites().filter((write) => write.includes("storyruns"));
    assertEquals(ofRun, ["PATCH storyruns/status demo/run-1"]);
    assertEquals(
      world.says("StoryRun", "run-1", "Ready"),
      "True/TransportReady: Transport is ready",
    );
  }));

Deno.test("a run whose last finalizer is ours goes with one write, one that others hold says so", () =>
  inTransportWorld(async (world) => {
    world.put(story([{ name: "step-a" }]), run(), run("run-2", { finalizers: ["bobrapet/it"] }));
    await world.settle();
    world.takeWrites();
    await world.delete("StoryRun", "run-1");
    await world.settle();
    assertEquals(world.takeWrites(), ["DELETE storyruns demo/run-1", "PATCH storyruns demo/run-1"]);
    await world.delete("StoryRun", "run-2");
    await world.settle();
    assertEquals(world.takeWrites(), [
      "DELETE storyruns demo/run-2",
      "PATCH storyruns/status demo/run-2",
      "PATCH storyruns demo/run-2",
    ]);
    assertEquals(
      world.says("StoryRun", "run-2", "Ready"),
      "False/TransportCleaned: grpc transport cleanup completed",
    );
  }));
