import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { decode, encode } from "../proto/codec.ts";
import { readFrame, writeFrame } from "../proto/frame.ts";
import { DataMessage, DataPacket } from "../proto/messages.ts";
import { jsonToStruct } from "../proto/struct.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import type { Claim } from "../server/admission.ts";
import { Refusal } from "../server/refusal.ts";
import { settle } from "../server/testing/memory_hub.ts";
import { MemoryWire } from "../server/testing/memory_wire.ts";
import { type Engram, Peering } from "./testing/peering.ts";

const AT_LEAST_ONCE: StreamingSettings = {
  delivery: { semantics: "at_least_once" },
  flowControl: { mode: "credits", ackEvery: { messages: 2 } },
};
const writer = new WireWriter();
const packet = (n: number) =>
  writeFrame({ body: encode(DataPacket, { payload: jsonToStruct({ n }) }) }, writer);
const flows = (frames: Uint8Array[]) => frames.flatMap(readFrame).flatMap(({ flow }) => flow ?? []);

Deno.test("a packet goes from engram to engram without a hub, addressed to the step that gets it", async () => {
  const peering = new Peering(AT_LEAST_ONCE);
  const engram = peering.consumer();
  peering.connect();
  peering.send(1);
  await peering.settle();
  assertEquals(engram.got, [1]);
  const { metadata, envelope } = decode(DataMessage, engram.frames[0]!);
  assertEquals(metadata?.["current-step-id"], "b");
  assertEquals(envelope, { streamId: peering.a.options.streamId, sequence: 1 });
});

Deno.test("frames and chunks keep what they carry, their address is written anew", async () => {
  const peering = new Peering(AT_LEAST_ONCE);
  const engram = peering.consumer();
  peering.connect();
  const chunk = { chunkId: "c", chunkIndex: 1, chunkCount: 2, chunkBytes: 3, totalBytes: 6 };
  const binary = { payload: Uint8Array.of(1, 2, 3), mimeType: "x/y" };
  peering.sendRaw({
    metadata: { k: "v", "current-step-id": "elsewhere" },
    binary,
    envelope: { streamId: "engram", ...chunk },
  });
  await peering.settle();
  const message = decode(DataMessage, engram.frames[0]!);
  assertEquals(message.binary, binary);
  assertEquals(message.metadata, {
    k: "v",
    "current-step-id": "b",
    "storyrun-name": "voice-1",
    "storyrun-namespace": "demo",
  });
  assertEquals(message.envelope, {
    streamId: peering.a.options.streamId,
    sequence: 1,
    ...chunk,
  });
});

Deno.test("a packet is acknowledged when the peer's engram is done with it, not before", async () => {
  const peering = new Peering(AT_LEAST_ONCE);
  const engram = peering.consumer({ silent: true });
  peering.connect();
  peering.send(1);
  await peering.settle();
  peering.time += 1_000;
  await peering.settle();
  assertEquals([engram.got, peering.a.isDrained], [[1], false]);
  engram.done();
  peering.time += 1_000;
  await peering.settle();
  assertEquals(peering.a.isDrained, true);
});

Deno.test("credits hold the sender until the peer's engram took what is on its way", async () => {
  const peering = new Peering({
    flowControl: { mode: "credits", initialCredits: { messages: 3 }, ackEvery: { messages: 1 } },
    delivery: { ordering: "per_stream" },
  });
  const engram = peering.consumer({ silent: true });
  peering.connect();
  for (let n = 0; n < 10; n++) peering.send(n);
  await peering.settle();
  assertEquals(engram.got, [0, 1, 2]);
  engram.done();
  await peering.settle();
  assertEquals(engram.got, [0, 1, 2, 3, 4, 5]);
});

Deno.test("an engram that is too slow pauses the peer, which then goes by its drop policy", async () => {
  const peering = new Peering({
    backpressure: { buffer: { maxMessages: 4, dropPolicy: "drop_oldest" } },
  }, 2);
  peering.connect();
  for (let n = 0; n < 2; n++) peering.send(n);
  await peering.settle();
  for (let n = 2; n < 10; n++) peering.send(n);
  await peering.settle();
  const engram = peering.consumer();
  await peering.settle();
  assertEquals([engram.got, [...peering.a.drops]], [[0, 1, 6, 7, 8, 9], [["drop_oldest", 4]]]);
});

Deno.test("latest_per_key keeps the newest of each key while the peer is away", async () => {
  const peering = new Peering({
    backpressure: {
      buffer: { maxMessages: 10, dropPolicy: "latest_per_key", key: "payload.key" },
    },
  });
  const engram = peering.consumer();
  for (const [n, key] of [[1, "x"], [2, "y"], [3, "x"]] as const) {
    peering.sendRaw({ payload: jsonToStruct({ n, key }) });
  }
  peering.connect();
  await peering.settle();
  assertEquals([engram.got, [...peering.a.drops]], [[3, 2], [["latest_per_key", 1]]]);
});

Deno.test("a peer of the original gets no acknowledgement and no PAUSE: it would drop on one", async () => {
  const peering = new Peering(AT_LEAST_ONCE, 1);
  const claim = { ...peering.claim, batched: false };
  const wire = new MemoryWire();
  const session = peering.peers.attach(peering.peers.admitted(claim), claim, wire);
  session.receive(packet(1));
  await settle();
  assertEquals([wire.messages, wire.paused], [[], true]);
  const engram = peering.consumer();
  await peering.settle();
  assertEquals([engram.got, wire.messages, wire.paused], [[1], [], false]);
});

Deno.test("who is of another namespace, run or step, or stale, is refused; others go on", async () => {
  const peering = new Peering({}, 10, new Set(["a"]));
  const engram = peering.consumer();
  const refused = (claim: Partial<Claim>) => {
    try {
      peering.peers.admitted({ ...peering.claim, ...claim });
    } catch (error) {
      assert(error instanceof Refusal);
      return error.code;
    }
    return undefined;
  };
  peering.connect({ generation: 3 });
  assertEquals(refused({ namespace: "other" }), 7);
  assertEquals(refused({ storyRun: "voice-2" }), 5);
  assertEquals(refused({ step: "b" }), 7, "a step is no peer of itself");
  assertEquals(refused({ step: "c" }), 7, "not among the steps that may");
  assertEquals(refused({ generation: 2 }), 9);
  peering.send(1);
  await peering.settle();
  assertEquals(engram.got, [1]);
  peering.peers.close("over");
  assertEquals(peering.fromB.ended?.code, 14);
  assertThrows(() => peering.peers.admitted(peering.claim), Refusal, "shutting down");
});

Deno.test("a newer generation takes over, and what the one before still brings is not taken", async () => {
  const peering = new Peering({});
  const engram = peering.consumer();
  peering.connect();
  const { session, fromB } = peering;
  peering.connect({ generation: 2 });
  assertEquals(fromB.ended?.code, 10);
  session.receive(packet(9));
  peering.send(1);
  await peering.settle();
  assertEquals(engram.got, [1]);
});

Deno.test("a malformed frame of a peer ends that peer's connection alone", async () => {
  const peering = new Peering({});
  const engram = peering.consumer();
  peering.connect();
  peering.session.receive(Uint8Array.of(0x0a, 0xff));
  assertEquals([peering.fromB.ended?.code, peering.peers.connected], [3, 0]);
  peering.a.hubClosed();
  peering.connect();
  peering.send(1);
  await peering.settle();
  assertEquals([engram.got, flows(peering.log).length > 0], [[1], true]);
});

type Event = "send" | "pass" | "done" | "cut" | "killPeer" | "newEngram";
const events = fc.array(
  fc.constantFrom<Event>(
    "send",
    "send",
    "send",
    "pass",
    "pass",
    "done",
    "cut",
    "killPeer",
    "newEngram",
  ),
  { maxLength: 80 },
);

Deno.test("at least once: cuts, a peer that is killed and engrams that come anew lose nothing and keep the order", async () => {
  await fc.assert(
    fc.asyncProperty(events, fc.integer({ min: 1, max: 5 }), async (script, room) => {
      const peering = new Peering({
        ...AT_LEAST_ONCE,
        backpressure: { buffer: { maxMessages: 200 } },
      }, room);
      const finished: number[] = [];
      let engram: Engram = peering.consumer({ silent: true });
      const renew = () => {
        finished.push(...engram.finished);
        engram = peering.consumer({ silent: true });
      };
      let sent = 0;
      peering.connect();
      for (const event of script) {
        if (event === "send") peering.send(sent++);
        else if (event === "pass") await peering.settle();
        else if (event === "done") engram.done();
        else if (event === "cut") peering.reconnect();
        else {
          if (event === "killPeer") peering.killPeer();
          renew();
        }
        peering.time += 100;
      }
      peering.reconnect();
      for (let round = 0; round < 1_000 && !peering.a.isDrained; round++) {
        peering.time += 1_000;
        await peering.settle();
        engram.done();
      }
      renew();
      assertEquals([...new Set(finished)], Array.from({ length: sent }, (_, n) => n));
      assertEquals(peering.a.isDrained, true);
    }),
    { numRuns: 200 },
  );
});
