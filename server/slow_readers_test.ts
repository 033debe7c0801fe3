import { assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import type { FlowMessage } from "../contracts/flow.ts";
import type { ServerConfig } from "./config.ts";
import { buildRouter } from "./testing/build_router.ts";
import { encoded } from "./testing/encoded.ts";
import { MemoryOutlet } from "./testing/memory_outlet.ts";
import { VirtualTimers } from "./testing/virtual_timers.ts";

const upsert = (ids: string[], label: string): FlowMessage => ({
  type: "upsert-nodes",
  nodes: ids.map((id) => ({ id, flowId: "f", label, status: "running" })),
});

function setUp(config: Partial<ServerConfig>) {
  const timers = new VirtualTimers();
  const built = buildRouter(timers, config);
  const join = ({ lastEventId, stuck }: { lastEventId?: string; stuck?: boolean } = {}) => {
    const outlet = new MemoryOutlet();
    if (stuck) outlet.stick();
    built.router.subscribe({ flowId: "f", lastEventId, address: "", until: Infinity }, outlet);
    return outlet;
  };
  return { timers, join, ...built };
}

Deno.test("slow readers together stay within their bytes, and the one stuck longest goes", () => {
  const { timers, join, router, connections } = setUp({
    queueBytes: 100_000,
    writeBytes: 20_000,
  });
  const readers = Array.from({ length: 20 }, () => join());
  timers.advance(10);
  for (const reader of readers) {
    reader.stick();
    router.publish("f", [encoded(upsert(["n"], "x".repeat(15_000)))]);
    timers.advance(100);
    assertLessOrEqual(connections.queuedBytes, 100_000);
  }
  assertEquals(readers[0]!.state, "destroyed");
  assertEquals(readers.at(-1)!.state, "open");
});

Deno.test("many slow readers at different places pass their bytes by one write at most", () => {
  const { timers, join, router, connections } = setUp({
    queueBytes: 100_000,
    writeBytes: 20_000,
  });
  for (let i = 0; i < 100; i++) {
    router.publish("f", [encoded(upsert(["n"], `${i}`.padEnd(9_000, "x")))]);
  }
  const epoch = router.get("f")!.epoch;
  const taking = join({ lastEventId: `50-${epoch}` });
  const stuck = Array.from({ length: 50 }, (_, i) => join({ lastEventId: `${i}-${epoch}` }));
  for (const outlet of stuck) outlet.stick();
  for (let i = 0; i < 100; i++) {
    timers.advance(10);
    assertLessOrEqual(connections.queuedBytes, 100_000 + 20_000);
  }
  // Who takes its bytes is served meanwhile, and nobody is cut off for bytes that fit.
  assertEquals(taking.events().at(-1)?.lastEventId, `100-${epoch}`);
  assertLess(stuck.filter(({ state }) => state === "destroyed").length, 50);
});

Deno.test("what many slow readers wait for is in memory once, and none is cut off for it", () => {
  const { timers, join, router, connections } = setUp({ queueBytes: 100_000 });
  router.publish("f", [encoded(upsert(["n"], "x".repeat(60_000)))]);
  const readers = Array.from({ length: 50 }, () => join({ stuck: true }));
  timers.advance(1_000);
  assertEquals(readers.filter(({ state }) => state === "open").length, 50);
  assertLessOrEqual(connections.queuedBytes, 100_000);
  for (const reader of readers) reader.unstick();
  assertEquals(connections.queuedBytes, 0);
});
