import { assertEquals } from "@std/assert";
import type { HandoffReport } from "../primitives/handoff_reporter.ts";
import { tellHandoffs } from "./handoffs.ts";
import { FAN_OUT, MemoryHub, packetFrame, settle, storyText } from "./testing/memory_hub.ts";

/** Phases that are told while one generation gives way to the next, which then is lost and returns. */
async function handoffs(lifecycle: object) {
  const reports: HandoffReport[] = [];
  const memory = new MemoryHub(storyText(FAN_OUT, { lifecycle }), {
    handoff: tellHandoffs({ report: (report) => reports.push(report) }, () => 0),
  });
  await memory.open("a");
  const second = await memory.open("a", { generation: 2 });
  second.session.close();
  await memory.open("a", { generation: 2 });
  return reports;
}

Deno.test("a handoff is told from the old generation's last word to the new one's first", async () => {
  const reports = await handoffs({ strategy: "blue_green" });
  assertEquals(reports.map(({ handoff }) => `${handoff.phase}: ${handoff.message}`), [
    "ready: generation 1 is connected",
    "cutover: generation 1 gives way to a newer one",
    "ready: generation 2 is connected",
    "draining: generation 2 is gone: packets wait for its successor",
    "ready: generation 2 is connected",
  ]);
  assertEquals(reports[0], {
    namespace: "demo",
    stepRun: "voice-1-a",
    handoff: {
      strategy: "blue_green",
      phase: "ready",
      message: "generation 1 is connected",
      updatedAt: "1970-01-01T00:00:00.000Z",
    },
  });
});

Deno.test("a step without a strategy has no handoffs, a rolling one does not drain", async () => {
  assertEquals(await handoffs({}), []);
  const phases = (await handoffs({ strategy: "rolling" })).map(({ handoff }) => handoff.phase);
  assertEquals(phases, ["ready", "cutover", "ready", "ready"]);
});

Deno.test("what waits for a connection that does not come back in time is dropped once, and counted", async () => {
  const memory = new MemoryHub(storyText(FAN_OUT.slice(0, 2), {
    lifecycle: { strategy: "drain_cutover", drainTimeoutSeconds: 15 },
  }));
  const at = (time: number) => {
    memory.time = time;
    memory.hub.tick();
  };
  const a = await memory.open("a");
  // One that was never there is waited for as ever.
  a.session.receive(packetFrame({ n: 0 }));
  at(60_000);
  const b = await memory.open("b");
  await settle();
  assertEquals(b.wire.payloads, [{ n: 0 }]);
  b.session.close();
  a.session.receive(packetFrame({ n: 1 }));
  at(74_999);
  const [stream] = [...memory.hub.streamsOfAll()].filter(({ id }) => id === "b");
  assertEquals(Object.fromEntries(stream?.drops ?? []), {});
  at(75_000);
  assertEquals(Object.fromEntries(stream?.drops ?? []), { timeout: 1 });
  a.session.receive(packetFrame({ n: 2 }));
  at(200_000);
  const again = await memory.open("b");
  await settle();
  assertEquals(again.wire.payloads, [{ n: 2 }]);
});
