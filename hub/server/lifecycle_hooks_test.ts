import { assert, assertEquals } from "@std/assert";
import { structToJson } from "../proto/struct.ts";
import { HookMemory } from "../storage/hook_memory.ts";
import { MemoryStore } from "../storage/testing/memory_store.ts";
import { MemoryHub, settle, storyText } from "./testing/memory_hub.ts";
import type { MemoryWire } from "./testing/memory_wire.ts";

const HOOKED = [
  { name: "a" },
  { name: "b", needs: ["a"], if: '{{ eq packet.type "storyrun.ready" }}' },
  {
    name: "c",
    needs: ["a"],
    if: '{{ eq packet.type "steprun.ready" }}',
    runtime: { who: "{{ packet.hook.data.step.name }}", style: "{{ inputs.style }}" },
  },
];

/** Message ids of the hooks that were written, with the inputs that were made for the step. */
function hooksOf(wire: MemoryWire) {
  return wire.messages.flatMap(({ packet }) => {
    const { metadata = {}, inputs } = packet?.decoded() ?? {};
    if (metadata["kind"] !== "hook") return [];
    const made = inputs === undefined ? "" : ` ${JSON.stringify(structToJson(inputs))}`;
    return [`${metadata["bubu.envelope.message_id"]}${made}`];
  });
}

const ready = (step: string) =>
  `demo/voice-1:steprun.ready:${step} {"who":"${step}","style":"warm"}`;

Deno.test("each step's stream is told once, the run when all are there; a reconnect is no news", async () => {
  const memory = new MemoryHub(storyText(HOOKED));
  const b = await memory.open("b");
  const c = await memory.open("c");
  await settle();
  assertEquals(hooksOf(b.wire), []);
  const a = await memory.open("a");
  await settle();
  assertEquals(hooksOf(b.wire), ["demo/voice-1:storyrun.ready"]);
  assertEquals(hooksOf(c.wire), [ready("b"), ready("c"), ready("a")]);
  a.session.close();
  c.session.close();
  await memory.open("a");
  const again = await memory.open("c");
  await settle();
  assertEquals(hooksOf(again.wire), []);
  assertEquals(hooksOf(b.wire).length, 1);
});

Deno.test("a hub that restarts over the same store tells nothing twice", async () => {
  const store = new MemoryStore();
  const told: number[] = [];
  for (let life = 0; life < 2; life++) {
    const hooks = new HookMemory(store);
    await hooks.load();
    const text = storyText(HOOKED).replace('"name":"voice-1"', '"name":"voice-1","uid":"u1"');
    const memory = new MemoryHub(text, { hooks, epoch: `e${life}` });
    const b = await memory.open("b");
    for (const step of ["a", "c"]) await memory.open(step);
    await settle();
    await hooks.flush();
    told.push(hooksOf(b.wire).length);
  }
  assertEquals(told, [1, 0]);
});

Deno.test("a hook's packet is worded as the original's, for the step that gets it", async () => {
  const memory = new MemoryHub(storyText([HOOKED[1]!].map(({ needs: _, ...step }) => step)));
  const { wire } = await memory.open("b");
  await settle();
  const packet = wire.messages[0]?.packet?.decoded();
  assertEquals(packet?.metadata, {
    kind: "hook",
    type: "storyrun.ready",
    source: "hub",
    provider: "hub",
    "hook.event": "storyrun.ready",
    "hook.source": "hub",
    "bubu.envelope.message_id": "demo/voice-1:storyrun.ready",
    "storyrun-name": "voice-1",
    "storyrun-namespace": "demo",
    "current-step-id": "b",
  });
  assert(packet?.payload !== undefined);
  assertEquals(structToJson(packet.payload), {
    kind: "hook",
    type: "storyrun.ready",
    hook: {
      version: "v1",
      event: "storyrun.ready",
      source: "hub",
      data: {
        timestamp: "1970-01-01T00:00:00.000Z",
        storyRun: { name: "voice-1", namespace: "demo" },
      },
    },
  });
});

Deno.test("a hook waits for a consumer that is not connected yet", async () => {
  const memory = new MemoryHub(storyText([{ name: "a" }, HOOKED[2]!]));
  await memory.open("a");
  await settle();
  const { wire } = await memory.open("c");
  await settle();
  assertEquals(hooksOf(wire), [ready("a"), ready("c")]);
});

Deno.test("a step whose packets go straight to its peer does not keep a run from being ready", async () => {
  const memory = new MemoryHub(storyText([
    { name: "mic" },
    { name: "asr", needs: ["mic"] },
    { name: "watch", if: '{{ eq packet.type "storyrun.ready" }}' },
  ]));
  await memory.open("asr");
  const { wire } = await memory.open("watch");
  await settle();
  assertEquals(hooksOf(wire), ["demo/voice-1:storyrun.ready"]);
});

Deno.test("a hook that its consumer's block fails on is a dead letter, and others get it", async () => {
  const memory = new MemoryHub(storyText([
    ...HOOKED,
    { name: "d", if: '{{ eq packet.type "storyrun.ready" }}', with: { x: "{{ packet.type }}" } },
  ]));
  const b = await memory.open("b");
  for (const step of ["a", "c", "d"]) await memory.open(step);
  await settle();
  assertEquals(hooksOf(b.wire).length, 1);
  assertEquals(memory.hub.deadLetters.map(({ step, reason }) => [step, reason]), [
    ["d", "route_error"],
  ]);
});
