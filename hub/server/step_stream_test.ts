import { assertEquals } from "@std/assert";
import { MemoryHub, packetFrame, settle, storyText } from "./testing/memory_hub.ts";

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ n: from + index }));

Deno.test("without retries nothing waits for a step that is not there, unless loss is ruled out", async () => {
  const once = { execution: { retry: { maxRetries: 0 } } };
  for (const semantics of ["best_effort", "at_least_once"]) {
    const memory = new MemoryHub(storyText(
      [{ name: "a" }, { name: "b", needs: ["a"], ...once }, { name: "c", needs: ["a"] }],
      { delivery: { semantics } },
    ));
    const a = await memory.open("a");
    a.session.receive(packetFrame({ n: 0 }));
    const b = await memory.open("b");
    const c = await memory.open("c");
    a.session.receive(packetFrame({ n: 1 }));
    await settle();
    assertEquals(b.wire.payloads, numbers(semantics === "best_effort" ? 1 : 0, 2));
    assertEquals(c.wire.payloads, numbers(0, 2));
    const [stream] = [...memory.hub.streamsOfAll()].filter(({ id }) => id === "b");
    const drops = semantics === "best_effort" ? { retry_disabled: 1 } : {};
    assertEquals(Object.fromEntries(stream?.drops ?? []), drops);
  }
});
