import { assertEquals } from "@std/assert";
import { ExpressionEngine } from "../expression/engine.ts";
import { MemoryHub, packetFrame, settle, storyText } from "../server/testing/memory_hub.ts";
import { PacketRouter } from "./packet_router.ts";

const engine = new ExpressionEngine({ now: () => 0, random: () => 0 });

function memoryHub(steps: object[], wait = (_: number) => Promise.resolve()): MemoryHub {
  return new MemoryHub(storyText(steps), {
    router: new PacketRouter({ engine, now: () => 0, wait }),
  });
}

Deno.test("a step whose expression fails is a dead letter, and the others get the packet", async () => {
  const memory = memoryHub([
    { name: "a" },
    { name: "b", needs: ["a"], if: "{{ gt packet.n 3.0 }}" },
    { name: "c", needs: ["a"], runtime: { twice: "{{ mulf packet.n 2 }}" } },
  ]);
  const a = await memory.open("a");
  const b = await memory.open("b");
  const c = await memory.open("c");
  for (const n of [1, 5, "five"]) a.session.receive(packetFrame({ n }));
  await settle();
  assertEquals(b.wire.payloads, [{ n: 5 }]);
  assertEquals(c.wire.payloads, [{ n: 1 }, { n: 5 }, { n: "five" }]);
  assertEquals(memory.hub.deadLetters.map(({ step, reason, error }) => ({ step, reason, error })), [
    {
      step: "b",
      reason: "route_error",
      error: "error calling gt: incompatible types for comparison: string and float64",
    },
  ]);
  assertEquals(a.wire.frames, []);
});

Deno.test("packets behind one that sleeps keep their order", async () => {
  const wakes: (() => void)[] = [];
  const memory = memoryHub([
    { name: "a" },
    {
      name: "nap",
      type: "sleep",
      ref: undefined,
      needs: ["a"],
      if: "{{ packet.slow }}",
      with: { for: "1s" },
    },
    { name: "b", needs: ["a", "nap"] },
  ], () => new Promise((resolve) => wakes.push(resolve)));
  const a = await memory.open("a");
  const b = await memory.open("b");
  a.session.receive(packetFrame({ n: 1, slow: true }));
  a.session.receive(packetFrame({ n: 2, slow: false }));
  await settle();
  assertEquals(b.wire.payloads, []);
  for (const wake of wakes) wake();
  // A turn of the loop: the route is a chain of promises.
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(b.wire.payloads, [{ n: 1, slow: true }, { n: 2, slow: false }]);
});

Deno.test("a step that reads what was not put out yet holds back neither its neighbours nor the producer", async () => {
  const memory = memoryHub([
    { name: "a" },
    { name: "b", needs: ["a"], runtime: { later: "{{ steps.c.text }}" } },
    { name: "c", needs: ["a"] },
  ]);
  const a = await memory.open("a");
  const b = await memory.open("b");
  const c = await memory.open("c");
  for (const n of [1, 2]) a.session.receive(packetFrame({ n }));
  await settle();
  assertEquals(b.wire.payloads, []);
  assertEquals(c.wire.payloads, [{ n: 1 }, { n: 2 }]);
  assertEquals([a.wire.paused, a.wire.ended], [false, undefined]);
});
