import { FileDirectory } from "../story/file_directory.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { encode } from "../proto/codec.ts";
import { writeFrame } from "../proto/frame.ts";
import { DataPacket, FlowControlSignal } from "../proto/messages.ts";
import { jsonToStruct } from "../proto/struct.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { reportHub } from "./introspection.ts";
import { Code, Refusal } from "./refusal.ts";
import {
  batchFrame,
  FAN_OUT,
  MemoryHub,
  packetFrame,
  settle,
  storyText,
} from "./testing/memory_hub.ts";

const writer = new WireWriter();
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ n: from + index }));

Deno.test("a packet goes to every step that needs its source, named after its destination", async () => {
  const { hub, open } = bound(new MemoryHub(storyText(FAN_OUT)));
  const a = await open("a");
  const b = await open("b");
  const c = await open("c");
  a.session.receive(packetFrame({ text: "hi" }));
  await settle();
  for (const [step, { wire }] of [["b", b], ["c", c]] as const) {
    assertEquals(wire.payloads, [{ text: "hi" }]);
    assertEquals(wire.messages[0]?.packet?.decoded().metadata, {
      "storyrun-name": "voice-1",
      "storyrun-namespace": "demo",
      "current-step-id": step,
    });
  }
  assertEquals(a.wire.frames, []);
  assertEquals(hub.streams, 3);
});

Deno.test("a consumer that is not there yet gets what waited for it, in order", async () => {
  const { open } = bound(new MemoryHub(storyText(FAN_OUT)));
  const a = await open("a");
  for (let n = 0; n < 5; n++) a.session.receive(packetFrame({ n }));
  await settle();
  const { wire } = await open("b");
  await settle();
  assertEquals(wire.payloads, numbers(0, 5));
});

Deno.test("drops are counted by reason, and each is announced once", async () => {
  const memory = new MemoryHub(storyText(FAN_OUT, {
    backpressure: { buffer: { maxMessages: 5, dropPolicy: "drop_oldest" } },
  }));
  const a = await memory.open("a");
  for (let n = 0; n < 8; n++) a.session.receive(packetFrame({ n }));
  await settle();
  memory.hub.announceDrops();
  memory.hub.announceDrops();
  assertEquals(memory.log.map(({ attributes }) => attributes), [
    { storyRun: "demo/voice-1", step: "b", dropped: { drop_oldest: 3 } },
    { storyRun: "demo/voice-1", step: "c", dropped: { drop_oldest: 3 } },
  ]);
  const { wire } = await memory.open("b");
  await settle();
  assertEquals(wire.payloads, numbers(3, 8));
});

Deno.test("what was routed and dropped is told by the step that sent it", async () => {
  const memory = new MemoryHub(storyText([{ name: "a" }, { name: "b" }, { name: "c" }], {
    backpressure: { buffer: { maxMessages: 4, dropPolicy: "drop_oldest" } },
  }));
  for (const step of ["a", "b"]) {
    const { session } = await memory.open(step);
    for (let n = 0; n < 3; n++) session.receive(packetFrame({ n }));
    await settle();
  }
  const { streams } = reportHub(memory.hub);
  const told = Object.fromEntries(
    streams.map(({ step, routed, sources }) => [step, { routed, sources }]),
  );
  assertEquals(told, {
    a: { routed: 3, sources: {} },
    b: { routed: 3, sources: { a: { routed: 3, dropped: {} } } },
    c: {
      routed: 0,
      sources: {
        a: { routed: 3, dropped: { drop_oldest: 2 } },
        b: { routed: 3, dropped: {} },
      },
    },
  });
});

Deno.test("a stuck consumer holds its producer, and nobody's packets are dropped", async () => {
  const { hub, open } = bound(
    new MemoryHub(storyText(FAN_OUT, {
      flowControl: { mode: "credits", initialCredits: { messages: 3 } },
      backpressure: { buffer: { maxMessages: 4 } },
    })),
  );
  const a = await open("a", { batched: true });
  const b = await open("b");
  const c = await open("c");
  const grant = (session: typeof b.session, creditsMessages: number) =>
    session.receive(writeFrame({ flow: { creditsMessages } }, writer));
  a.session.receive(batchFrame(0, 12));
  await settle();
  assert(a.wire.paused);
  assertEquals(a.wire.messages.map(({ flow }) => flow), [{ signal: FlowControlSignal.pause }]);
  for (let round = 0; round < 12; round++) {
    grant(b.session, 1);
    if (round % 2 === 0) grant(c.session, 2);
    await settle();
  }
  assertEquals(a.wire.paused, false);
  const signals = a.wire.messages.flatMap(({ flow }) => flow?.signal ?? []);
  assertEquals(signals.at(-1), FlowControlSignal.resume);
  assertEquals(b.wire.payloads, numbers(0, 12));
  assertEquals(c.wire.payloads, numbers(0, 12));
  for (const run of hub.runs.values()) {
    for (const stream of run.streams.values()) assertEquals(stream.drops.size, 0);
  }
});

Deno.test("a connection that is full is written to again when it drained", async () => {
  const { open } = bound(new MemoryHub(storyText(FAN_OUT)));
  const a = await open("a");
  const b = await open("b");
  b.wire.room = 2;
  a.session.receive(batchFrame(0, 5));
  await settle();
  assertEquals(b.wire.payloads, numbers(0, 2));
  b.wire.room = Infinity;
  b.session.drainedWire();
  await settle();
  assertEquals(b.wire.payloads, numbers(0, 5));
});

const AT_LEAST_ONCE = {
  delivery: { semantics: "at_least_once" },
  flowControl: { mode: "none", ackEvery: { messages: 1 } },
};

Deno.test("a large packet goes in a frame of its own, so that no frame passes what a message may have", async () => {
  const world = new MemoryHub(storyText(FAN_OUT, AT_LEAST_ONCE));
  const a = await world.open("a");
  const frame = (bytes: number) =>
    writeFrame({
      body: encode(DataPacket, { binary: { payload: new Uint8Array(bytes), mimeType: "x/y" } }),
    }, new WireWriter());
  for (const bytes of [50_000, 50_000, 900_000, 10]) a.session.receive(frame(bytes));
  const b = await world.open("b", { batched: true });
  await settle();
  assertEquals(b.wire.messages.length, 4);
  assert(b.wire.frames.every(({ length }) => length < 901_000));
});

Deno.test("a producer of ours is acknowledged when every consumer has the packet, and not before", async () => {
  const memory = new MemoryHub(storyText(FAN_OUT, AT_LEAST_ONCE));
  const { open } = bound(memory);
  const a = await open("a", { batched: true });
  const b = await open("b");
  const c = await open("c");
  a.session.receive(batchFrame(0, 3, "a@1"));
  await settle();
  b.session.receive(writeFrame({ flow: { ack: 3 } }, writer));
  await settle();
  assertEquals(a.wire.messages, []);
  c.session.receive(writeFrame({ flow: { ack: 2 } }, writer));
  await settle();
  assertEquals(a.wire.messages.map(({ flow }) => flow?.ack), [2]);
  // The same again after a cut: nothing is delivered twice, and the acknowledgement is repeated.
  a.session.close();
  const again = await open("a", { batched: true });
  again.session.receive(batchFrame(0, 4, "a@1"));
  await settle();
  memory.time = 250;
  memory.hub.tick();
  assertEquals(again.wire.messages[0]?.flow?.ack, 2);
  assertEquals(c.wire.payloads, numbers(0, 4));
});

Deno.test("a producer that restarted is not told acknowledgements of what it sent before", async () => {
  const memory = new MemoryHub(storyText(FAN_OUT, AT_LEAST_ONCE));
  const { open } = bound(memory);
  const acks = ({ wire }: Awaited<ReturnType<typeof open>>) =>
    wire.messages.flatMap(({ flow }) => flow?.ack ?? []);
  const b = await open("b");
  const c = await open("c");
  const acknowledge = async (ack: number) => {
    for (const { session } of [b, c]) session.receive(writeFrame({ flow: { ack } }, writer));
    await settle();
    memory.time += 250;
    memory.hub.tick();
  };
  const before = await open("a", { batched: true, streamId: "a@1" });
  before.session.receive(batchFrame(0, 4, "a@1"));
  await settle();
  await acknowledge(3);
  before.session.close();
  const after = await open("a", { batched: true, streamId: "a@2" });
  after.session.receive(batchFrame(0, 2, "a@2"));
  await settle();
  // The last one of the old stream, which the new one must not take for its own fourth.
  await acknowledge(4);
  assertEquals([acks(before), acks(after)], [[3], []]);
  await acknowledge(6);
  assertEquals(acks(after), [2]);
});

Deno.test("what a consumer did not acknowledge is sent to its next connection, and a restart has a new name", async () => {
  const text = storyText(FAN_OUT, AT_LEAST_ONCE);
  const { open } = bound(new MemoryHub(text));
  const a = await open("a");
  const first = await open("b");
  a.session.receive(batchFrame(0, 3));
  await settle();
  first.session.receive(writeFrame({ flow: { ack: 1 } }, writer));
  first.session.close();
  const second = await open("b");
  await settle();
  assertEquals(second.wire.messages.map(({ packet }) => packet?.envelope), [
    { streamId: "demo/voice-1/b@e1", sequence: 2 },
    { streamId: "demo/voice-1/b@e1", sequence: 3 },
  ]);
  const restarted = bound(new MemoryHub(text, { epoch: "e2" }));
  const producer = await restarted.open("a");
  const consumer = await restarted.open("b");
  producer.session.receive(batchFrame(0, 1));
  await settle();
  assertEquals(consumer.wire.messages[0]?.packet?.envelope?.streamId, "demo/voice-1/b@e2");
});

Deno.test("a higher generation takes over, and a lower one is stale even when nobody is connected", async () => {
  const { open } = bound(new MemoryHub(storyText(FAN_OUT)));
  const first = await open("b");
  const second = await open("b", { generation: 2 });
  assertEquals(first.wire.ended?.code, Code.aborted);
  second.session.close();
  const error = await assertRejects(() => open("b"), Refusal, "stale generation 1");
  assertEquals(error.code, Code.failedPrecondition);
  assertEquals((await open("b", { generation: 2 })).wire.ended, undefined);
});

Deno.test("a malformed message ends its stream with INVALID_ARGUMENT and leaves the others alone", async () => {
  const { open } = bound(new MemoryHub(storyText(FAN_OUT)));
  const a = await open("a");
  const b = await open("b");
  const c = await open("c");
  c.session.receive(Uint8Array.of(0x0a, 0xff));
  assertEquals(c.wire.ended?.code, Code.invalidArgument);
  a.session.receive(packetFrame({ n: 0 }));
  await settle();
  assertEquals(b.wire.payloads, numbers(0, 1));
  assertEquals(a.wire.ended, undefined);
});

Deno.test("a router that fails makes a dead letter, and the producer goes on", async () => {
  let calls = 0;
  const { hub, open } = bound(
    new MemoryHub(storyText(FAN_OUT), {
      router: {
        route() {
          if (calls++ === 0) throw new Error("no such function: shout");
          return [{ step: "b", error: new Error("missing key") }, { step: "c" }];
        },
        forget() {},
        announce: () => undefined,
        awaited: () => [],
      },
    }),
  );
  const a = await open("a");
  const c = await open("c");
  a.session.receive(batchFrame(0, 2));
  await settle();
  assertEquals(c.wire.payloads, numbers(1, 2));
  assertEquals(hub.deadLetters.map(({ step, error }) => [step, error]), [
    ["a", "no such function: shout"],
    ["b", "missing key"],
  ]);
  assertEquals(a.wire.ended, undefined);
});

Deno.test("what a producer sent before it left is passed on, before what its successor sends", async () => {
  const { open } = bound(
    new MemoryHub(storyText([{ name: "a" }, { name: "b", needs: ["a"] }], {
      flowControl: { mode: "credits", initialCredits: { messages: 1 } },
      backpressure: { buffer: { maxMessages: 1 } },
    })),
  );
  const b = await open("b");
  const first = await open("a");
  first.session.receive(batchFrame(0, 4));
  await settle();
  first.session.close();
  const second = await open("a");
  second.session.receive(batchFrame(4, 6));
  for (let round = 0; round < 6; round++) {
    b.session.receive(writeFrame({ flow: { creditsMessages: 1 } }, writer));
    await settle();
  }
  assertEquals(b.wire.payloads, numbers(0, 6));
});

Deno.test("chunks pass with their fields under the hub's own stream name", async () => {
  const { open } = bound(new MemoryHub(storyText(FAN_OUT)));
  const a = await open("a");
  const b = await open("b");
  const chunk = { chunkId: "c1", chunkIndex: 1, chunkCount: 2, chunkBytes: 3, totalBytes: 6 };
  const body = encode(DataPacket, { binary: { payload: new Uint8Array(3) } });
  a.session.receive(writeFrame({ body, envelope: { streamId: "theirs", ...chunk } }, writer));
  await settle();
  assertEquals(b.wire.messages[0]?.packet?.envelope, { streamId: "demo/voice-1/b@e1", ...chunk });
});

Deno.test("unknown runs and steps, too many streams and a hub that ends refuse with their own codes", async () => {
  const memory = new MemoryHub(storyText(FAN_OUT));
  const code = async (open: Promise<unknown>) => (await assertRejects(() => open, Refusal)).code;
  assertEquals(await code(memory.open("a", { storyRun: "other" })), Code.notFound);
  assertEquals(await code(memory.open("nobody")), Code.notFound);
  const { hub } = memory;
  await memory.open("a");
  Object.assign(hub.options.limits, { maxStreams: 1 });
  assertEquals(await code(memory.open("b")), Code.resourceExhausted);
  hub.drain();
  assertEquals(await code(memory.open("b")), Code.unavailable);
});

Deno.test("heartbeats are counted and go nowhere", async () => {
  const { open } = bound(new MemoryHub(storyText(FAN_OUT)));
  const a = await open("a");
  const b = await open("b");
  const metadata = { "bubu-heartbeat": "true" };
  const body = encode(DataPacket, { metadata, payload: jsonToStruct({}) });
  a.session.receive(writeFrame({ body }, writer));
  await settle();
  assertEquals(b.wire.frames, []);
});

Deno.test("a run that nobody uses is forgotten, and what waited in it is counted as evicted", async () => {
  const memory = new MemoryHub(storyText(FAN_OUT));
  const a = await memory.open("a");
  a.session.receive(packetFrame({ n: 0 }));
  a.session.close();
  memory.time = 600_001;
  memory.hub.tick();
  assertEquals(memory.hub.runs.size, 0);
  assertEquals(memory.log.map(({ attributes }) => attributes.dropped), [{ evicted: 1 }, {
    evicted: 1,
  }]);
});

function bound(memory: MemoryHub) {
  return { hub: memory.hub, open: memory.open.bind(memory) };
}

Deno.test("a run that is deleted ends its streams, and others go on", async () => {
  const { hub, open } = bound(new MemoryHub(storyText(FAN_OUT)));
  const { wire } = await open("a");
  await hub.changed({ namespace: "demo", storyRun: "other", what: "gone" });
  assertEquals(wire.ended, undefined);
  await hub.changed({ namespace: "demo", storyRun: "voice-1", what: "gone" });
  assertEquals(wire.ended, { code: 5, detail: "the StoryRun is deleted" });
  assertEquals([hub.runs.size, hub.streams], [0, 0]);
});

Deno.test("a Story that changes counts for the next packet; one that is wrong changes nothing", async () => {
  let text = storyText(FAN_OUT);
  const directory = {
    find: (namespace: string, name: string) => new FileDirectory(text).find(namespace, name),
  };
  const { hub, open } = bound(new MemoryHub(text, { directory }));
  const change = { namespace: "demo", storyRun: "voice-1", what: "changed" } as const;
  const [a, b, c] = await Promise.all(["a", "b", "c"].map((step) => open(step)));
  text = storyText([{ name: "a" }, { name: "b" }, { name: "c", needs: ["b"] }]);
  await hub.changed(change);
  a!.session.receive(packetFrame({ n: 0 }));
  await settle();
  assertEquals([b!.wire.payloads, c!.wire.payloads], [numbers(0, 1), []]);
  text = "kind: Story\nmetadata: {}";
  await hub.changed(change);
  a!.session.receive(packetFrame({ n: 1 }));
  await settle();
  assertEquals([b!.wire.payloads, c!.wire.payloads], [numbers(0, 2), []]);
});
