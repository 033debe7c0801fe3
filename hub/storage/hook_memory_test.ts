import { assertEquals } from "@std/assert";
import { HookMemory } from "./hook_memory.ts";
import { MemoryStore } from "./testing/memory_store.ts";

const RUN = { namespace: "demo", storyRun: "voice-1", uid: "u1" };

Deno.test("hooks that were told are known to the next hub, and not to a run made anew", async () => {
  const store = new MemoryStore();
  const first = new HookMemory(store);
  for (const id of ["a", "b"]) first.add(RUN, id);
  await first.flush();
  const second = new HookMemory(store);
  await second.load();
  assertEquals(["a", "b", "c"].map((id) => second.has(RUN, id)), [true, true, false]);
  assertEquals(second.has({ ...RUN, uid: "u2" }, "a"), false);
  assertEquals([...store.blobs.keys()], ["hooks/demo/voice-1/u1"]);
});

Deno.test("a store that fails or is damaged is told of, and hooks are remembered in memory", async () => {
  const store = new MemoryStore();
  const log: string[] = [];
  store.blobs.set("hooks/demo/voice-1/u1", new TextEncoder().encode("[half"));
  const memory = new HookMemory(store, (_level, message) => log.push(message));
  await memory.load();
  store.failure = new Error("no space left on device");
  memory.add(RUN, "a");
  await memory.flush();
  assertEquals(memory.has(RUN, "a"), true);
  assertEquals(log, ["told hooks cannot be read", "told hooks cannot be kept"]);
});

Deno.test("the runs that were not looked at for longest are forgotten, in the store too", async () => {
  const store = new MemoryStore();
  const memory = new HookMemory(store);
  for (let n = 0; n < 10_002; n++) memory.add({ ...RUN, storyRun: `run-${n}` }, "a");
  await memory.flush();
  assertEquals(store.blobs.size, 10_000);
  assertEquals(store.blobs.has("hooks/demo/run-1/u1"), false);
  assertEquals(memory.has({ ...RUN, storyRun: "run-2" }, "a"), true);
});
