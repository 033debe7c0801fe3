import { assertEquals } from "@std/assert";
import { writeFrame } from "../proto/frame.ts";
import { FlowControlSignal } from "../proto/messages.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import {
  batchFrame,
  MemoryHub,
  packetFrame,
  settle,
  storyText,
} from "../server/testing/memory_hub.ts";
import { RunReleases } from "./run_releases.ts";

const writer = new WireWriter();
const STEPS = [{ name: "a" }, { name: "b", needs: ["a"] }];
const AT_LEAST_ONCE = {
  delivery: { semantics: "at_least_once" },
  flowControl: { mode: "none", ackEvery: { messages: 100, maxDelay: "10s" } },
};

function world(streaming: object = AT_LEAST_ONCE) {
  const memory = new MemoryHub(storyText(STEPS, streaming));
  const releases = new RunReleases({ hub: memory.hub, logger: () => {}, drain: 1_000 });
  return { memory, releases, open: memory.open.bind(memory) };
}

const acks = (frames: readonly { flow?: { ack?: unknown } }[]) =>
  frames.flatMap(({ flow }) => flow?.ack ?? []).map(Number);

Deno.test("a run is handed over when what is on its way is delivered and acknowledged", async () => {
  const { memory, releases, open } = world();
  const a = await open("a", { batched: true });
  const b = await open("b");
  a.session.receive(batchFrame(0, 3, "a@1"));
  await settle();
  releases.release("demo/voice-1", "hub-1:1");
  // The producer is asked to wait; what it sends all the same is its to bring again.
  assertEquals(a.wire.messages.at(-1)?.flow?.signal, FlowControlSignal.pause);
  a.session.receive(batchFrame(3, 5, "a@1"));
  await settle();
  releases.tick();
  assertEquals(a.wire.ended, undefined, "the consumer has not acknowledged");
  b.session.receive(writeFrame({ flow: { ack: 3 } }, writer));
  await settle();
  releases.tick();
  assertEquals(b.wire.payloads.map(({ n }) => n), [0, 1, 2]);
  assertEquals(acks(a.wire.messages), [3], "and no more than what was delivered");
  const ended = {
    code: 14,
    detail: "StoryRun demo/voice-1 is carried by hub-1:1",
    owner: "hub-1:1",
  };
  assertEquals([a.wire.ended, b.wire.ended], [ended, ended]);
  assertEquals([memory.hub.runs.size, memory.hub.streams, releases.size], [0, 0, 0]);
});

Deno.test("a consumer that does not keep up holds a run no longer than the drain time", async () => {
  const { memory, releases, open } = world();
  const a = await open("a", { batched: true });
  await open("b");
  a.session.receive(batchFrame(0, 3, "a@1"));
  await settle();
  releases.release("demo/voice-1", undefined);
  memory.time = 999;
  releases.tick();
  assertEquals(a.wire.ended, undefined);
  // Meanwhile it is known where the run goes.
  releases.release("demo/voice-1", "hub-2:1");
  memory.time = 1_000;
  releases.tick();
  assertEquals(a.wire.ended?.owner, "hub-2:1");
  assertEquals(acks(a.wire.messages), [], "so that the producer brings all of it again");
});

Deno.test("what its producer could not bring again is still delivered", async () => {
  const { releases, open } = world({ flowControl: { mode: "none" } });
  const a = await open("a");
  const b = await open("b");
  releases.releaseAll();
  a.session.receive(packetFrame({ n: 1 }));
  await settle();
  releases.tick();
  assertEquals(b.wire.payloads, [{ n: 1 }]);
  assertEquals(a.wire.ended, { code: 14, detail: "the hub is shutting down" });
});

Deno.test("a run that is not carried here is nothing to hand over", () => {
  const { releases } = world();
  releases.release("demo/other", "hub-1:1");
  assertEquals(releases.size, 0);
});

Deno.test("a hub that ends holds what nobody came for, so that it can be written down", async () => {
  const { memory, releases, open } = world();
  const a = await open("a");
  a.session.receive(packetFrame({ n: 1 }));
  await settle();
  releases.releaseAll();
  releases.tick();
  assertEquals(a.wire.ended?.code, 14);
  assertEquals(releases.size, 0);
  const held = [...memory.hub.streamsOfAll()].map(({ outbound }) => outbound.queue.size);
  assertEquals(held.reduce((sum, one) => sum + one), 1);
});
