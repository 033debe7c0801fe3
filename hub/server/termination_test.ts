import { assertEquals } from "@std/assert";
import type { RunConditions } from "../primitives/run_conditions.ts";
import { FileDirectory } from "../story/file_directory.ts";
import type { RunObjects } from "../story/run_plan.ts";
import { FAN_OUT, MemoryHub, settle, storyText } from "./testing/memory_hub.ts";

/** A hub with a grace of 30 s, and what was told of its run. */
function watched(phase = "Running") {
  const told: string[] = [];
  const conditions: RunConditions = {
    degrade: ({ storyRun }, reason) => told.push(`${storyRun} degraded ${reason}`),
    recover: ({ storyRun }, reason) => told.push(`${storyRun} recovered ${reason}`),
  };
  const text = storyText(FAN_OUT);
  const files = new FileDirectory(text);
  const memory = new MemoryHub(text, {
    termination: { conditions, grace: 30_000 },
    directory: {
      async find(namespace, name): Promise<RunObjects | undefined> {
        const found = await files.find(namespace, name);
        return found && { ...found, storyRun: { ...found.storyRun, status: { phase } } };
      },
    },
  });
  const tickAt = (time: number) => {
    memory.time = time;
    memory.hub.tick();
    return settle();
  };
  return { memory, told, tickAt };
}

Deno.test("a run is terminated when its last stream has been gone for the grace, once", async () => {
  const { memory, told, tickAt } = watched();
  const a = await memory.open("a");
  const b = await memory.open("b");
  assertEquals(told.splice(0), ["voice-1 recovered TopologyTerminated"]);
  a.session.close();
  await tickAt(60_000);
  assertEquals(told, []);
  b.session.close();
  await tickAt(89_999);
  assertEquals(told, []);
  for (const time of [90_000, 95_000, 200_000]) await tickAt(time);
  assertEquals(told, ["voice-1 degraded TopologyTerminated"]);
});

Deno.test("streams that come back take the condition back; a short cut never sets it", async () => {
  const { memory, told, tickAt } = watched();
  const first = await memory.open("a");
  first.session.close();
  await tickAt(29_000);
  const second = await memory.open("a");
  await tickAt(60_000);
  assertEquals(told.splice(0), ["voice-1 recovered TopologyTerminated"]);
  second.session.close();
  await tickAt(100_000);
  await memory.open("a");
  assertEquals(told, [
    "voice-1 degraded TopologyTerminated",
    "voice-1 recovered TopologyTerminated",
  ]);
});

Deno.test("a run that has ended, and a hub that shuts down, terminate nothing", async () => {
  for (const end of ["finished", "draining"]) {
    const { memory, told, tickAt } = watched(end === "finished" ? "Succeeded" : "Running");
    const a = await memory.open("a");
    told.length = 0;
    if (end === "draining") memory.hub.drain();
    a.session.close();
    await tickAt(31_000);
    assertEquals(told, [], end);
  }
});
