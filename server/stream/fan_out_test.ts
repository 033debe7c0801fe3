import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import type { ServerConfig } from "../config.ts";
import { buildRouter } from "../testing/build_router.ts";
import { encoded } from "../testing/encoded.ts";
import { MemoryOutlet } from "../testing/memory_outlet.ts";
import { VirtualTimers } from "../testing/virtual_timers.ts";

const upsert = (id: string, size = 0) =>
  encoded({
    type: "upsert-nodes",
    nodes: [{ id, flowId: "f", label: "x".repeat(size), status: "running" }],
  });

function setUp(overrides: Partial<ServerConfig> = {}) {
  const timers = new VirtualTimers();
  timers.advance(1000);
  const built = buildRouter(timers, { ringCapacity: 100, ...overrides });
  const join = (lastEventId?: string, flowId = "f", until = Infinity) => {
    const outlet = new MemoryOutlet();
    built.router.subscribe({ flowId, lastEventId, address: "here", until }, outlet);
    return outlet;
  };
  return { timers, join, ...built };
}
const names = (outlet: MemoryOutlet) => outlet.events().map(({ event }) => event);
const reasons = (outlet: MemoryOutlet) =>
  outlet.events().filter(({ event }) => event === "hello").map(({ data }) =>
    JSON.parse(data).reason
  );

Deno.test("hello comes first, then a snapshot, then the tail", () => {
  const { timers, router, join } = setUp();
  router.publish("f", [upsert("a")]);
  const reader = join();
  router.publish("f", [upsert("b")]);
  timers.advance(20);
  assertEquals(names(reader), ["hello", "snapshot", "upsert-nodes"]);
});

Deno.test("a reader of a flow that does not exist yet sees its first message", () => {
  const { timers, router, join, flows } = setUp();
  const reader = join();
  assertEquals(flows.list(), []);
  const [hello, snapshot] = reader.events();
  assertEquals(JSON.parse(hello!.data).reason, "new");
  assertEquals(snapshot!.lastEventId, `0-${JSON.parse(hello!.data).epoch}`);
  router.publish("f", [upsert("a")]);
  timers.advance(20);
  assertEquals(reader.events().map(({ lastEventId }) => lastEventId), [
    `1-${JSON.parse(hello!.data).epoch}`,
  ]);
});

Deno.test("a flow that only readers waited for is forgotten with the last of them", () => {
  const { router, join } = setUp();
  const [first, second] = [join(), join()];
  const epoch = () => JSON.parse(first.events()[0]!.data).epoch;
  const before = epoch();
  first.destroy();
  assertEquals(JSON.parse(second.events()[0]!.data).epoch, before);
  second.destroy();
  assert(router.publish("f", [upsert("a")]).epoch !== before);
});

Deno.test("a reader that returns gets exactly what it missed", () => {
  const { timers, router, join } = setUp();
  router.publish("f", [upsert("a")]);
  const before = join();
  const { lastEventId } = before.events().at(-1)!;
  before.destroy();
  router.publish("f", [upsert("b"), upsert("c")]);
  const after = join(lastEventId);
  timers.advance(20);
  assertEquals(names(after), ["hello", "upsert-nodes", "upsert-nodes"]);
});

Deno.test("an idle flow is written at once, a busy one once a tick", () => {
  const { timers, router, join } = setUp();
  const reader = join();
  const before = reader.writes;
  timers.advance(100);
  router.publish("f", [upsert("a")]);
  timers.advance(0);
  assertEquals(reader.writes - before, 1);
  for (let i = 0; i < 100; i++) {
    router.publish("f", [upsert(`n${i}`)]);
    timers.advance(1);
  }
  assertLessOrEqual(reader.writes - before, 12);
  timers.advance(20);
  assertEquals(reader.events().filter(({ event }) => event === "upsert-nodes").length, 101);
});

Deno.test("a flow without readers costs no round", () => {
  const { timers, connections, router, join } = setUp();
  join(undefined, "other");
  for (let i = 0; i < 10; i++) router.publish("f", [upsert("a")]);
  timers.advance(100);
  assertEquals(connections.size, 1);
});

Deno.test("a stuck reader gets no further writes and keeps nobody else from theirs", () => {
  const { timers, router, join } = setUp({ ringCapacity: 1000 });
  const [stuck, other] = [join(), join()];
  stuck.stick();
  for (let i = 0; i < 500; i++) {
    router.publish("f", [upsert(`n${i}`, 10_000)]);
    timers.advance(10);
  }
  assertLessOrEqual(stuck.queued, 256 * 1024);
  assertEquals(names(other).length, 502);
});

Deno.test("a reader that the ring leaves behind is told so and gets a snapshot", () => {
  const { timers, router, join } = setUp({ ringCapacity: 10 });
  const reader = join();
  reader.stick();
  for (let i = 0; i < 100; i++) {
    router.publish("f", [upsert(`n${i}`)]);
    timers.advance(10);
  }
  reader.unstick();
  timers.advance(20);
  const events = reader.events();
  const hello = events.findLastIndex(({ event }) => event === "hello");
  assertEquals(JSON.parse(events[hello]!.data).reason, "evicted");
  assertEquals(events[hello + 1]!.event, "snapshot");
  assertEquals(JSON.parse(events[hello + 1]!.data).nodes.length, 100);
});

Deno.test("a reader that takes nothing for a minute is cut off", () => {
  const { timers, router, join } = setUp();
  const reader = join();
  reader.stick();
  router.publish("f", [upsert("a")]);
  timers.advance(58_000);
  assertEquals(reader.state, "open");
  timers.advance(3_000);
  assertEquals(reader.state, "destroyed");
});

Deno.test("a reader that does not take the end of its stream either is cut off", () => {
  const { timers, join, connections } = setUp({ streamMaxAge: 10_000 });
  const reader = join();
  reader.stick(false);
  timers.advance(12_000);
  assertEquals([reader.state, connections.size], ["ended", 1]);
  timers.advance(61_000);
  assertEquals([reader.state, connections.size, connections.queuedBytes], ["destroyed", 0, 0]);
});

Deno.test("a heartbeat comes every 15 seconds, traffic or not", () => {
  const { timers, join } = setUp();
  const reader = join();
  timers.advance(14_500);
  assertEquals(reader.heartbeats, 0);
  timers.advance(1000);
  assertEquals(reader.heartbeats, 1);
  timers.advance(45_000);
  assertEquals(reader.heartbeats, 4);
});

Deno.test("deleting a flow tells its readers and ends their streams", () => {
  const { timers, router, join } = setUp();
  router.publish("f", [upsert("a")]);
  const [reader, stranger] = [join(), join(undefined, "other")];
  router.delete("f");
  assertEquals(names(reader).at(-1), "deleted");
  assertEquals([reader.state, stranger.state], ["ended", "open"]);
  timers.advance(100);
});

Deno.test("a flow that is deleted and posted again has another epoch", () => {
  const { router, join } = setUp();
  router.publish("f", [upsert("a")]);
  const { lastEventId } = join().events().at(-1)!;
  router.delete("f");
  router.publish("f", [upsert("b")]);
  assertEquals(reasons(join(lastEventId)), ["epoch-changed"]);
});

Deno.test("closing ends every stream with a retry hint and cuts those that are stuck", () => {
  const { timers, fanOut, connections, router, join } = setUp();
  router.publish("f", [upsert("a")]);
  const [reader, stuck] = [join(), join()];
  stuck.stick();
  router.publish("f", [upsert("b")]);
  timers.advance(20);
  const writes = reader.writes;
  fanOut.stop();
  connections.close(300);
  assertEquals([reader.state, reader.writes - writes], ["ended", 1]);
  timers.advance(300);
  assertEquals(stuck.state, "destroyed");
});

Deno.test("a long backlog is written in bounded pieces, one a tick", () => {
  const { timers, router, join } = setUp({ ringCapacity: 10_000 });
  router.publish("f", [upsert("a")]);
  const { lastEventId } = join().events().at(-1)!;
  for (let i = 0; i < 100; i++) router.publish("f", [upsert(`n${i}`, 10_000)]);
  const reader = join(lastEventId);
  assertEquals(reader.writes, 2);
  timers.advance(100);
  assertEquals(names(reader).length, 101);
  assertLessOrEqual(reader.writes, 6);
});
