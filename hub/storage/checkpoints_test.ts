import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError } from "../../contracts/contract_error.ts";
import type { OutboundState } from "../delivery/outbound.ts";
import { writeFrame } from "../proto/frame.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import {
  FAN_OUT,
  MemoryHub,
  packetFrame,
  settle,
  storyText,
} from "../server/testing/memory_hub.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { Checkpoints } from "./checkpoints.ts";
import { MemoryStore } from "./testing/memory_store.ts";

const states: fc.Arbitrary<OutboundState> = fc.record({
  streamId: fc.string(),
  lastSequence: fc.nat(),
  packets: fc.array(
    fc.record({ sequence: fc.nat(), body: fc.uint8Array(), partition: fc.string(), at: fc.nat(99) })
      .map(({ sequence, body, partition, at }) => ({
        sequence,
        sentAt: 50,
        parcel: { body, size: body.length, kind: "payload" as const, at, partition },
      })),
  ),
});

Deno.test("what is kept of a sender is read back as it was, older by the time that passed", () => {
  fc.assert(fc.property(states, fc.nat(10_000), (state, passed) => {
    const bytes = encodeCheckpoint(state, { now: 100, unixNow: 1_000 });
    const found = decodeCheckpoint(bytes, { now: 7, unixNow: 1_000 + passed });
    assertEquals(found.streamId, state.streamId);
    assert(found.lastSequence > state.lastSequence);
    assertEquals(
      found.packets.map(({ sequence, sentAt, parcel }) => ({ sequence, sentAt, parcel })),
      state.packets.map(({ sequence, sentAt, parcel }) => ({
        sequence,
        sentAt: sequence === 0 ? 7 - passed : sentAt - 93 - passed,
        parcel: { ...parcel, at: parcel.at - 93 - passed },
      })),
    );
  }));
});

Deno.test("whatever is damaged of it, nothing is read back", () => {
  fc.assert(fc.property(states, fc.nat(), fc.integer({ min: 1, max: 255 }), (state, at, flip) => {
    const bytes = encodeCheckpoint(state, { now: 0, unixNow: 0 });
    const damaged = bytes.slice();
    damaged[at % bytes.length]! ^= flip;
    const moment = { now: 0, unixNow: 0 };
    assertThrows(() => decodeCheckpoint(damaged, moment), ContractError);
    assertThrows(
      () => decodeCheckpoint(bytes.subarray(0, at % bytes.length), moment),
      ContractError,
    );
  }));
});

const DURABLE = {
  delivery: { replay: { mode: "durable", checkpointInterval: "1s" } },
  flowControl: { mode: "none", ackEvery: { messages: 1 } },
};

/** Hubs that come one after another over one store. */
function lives(store = new MemoryStore(), streaming: object = DURABLE) {
  let unixNow = 1_700_000_000_000;
  const log: string[] = [];
  async function start(maxBytes = 1_000_000) {
    const checkpoints: Checkpoints = new Checkpoints({
      store,
      logger: (_level, text, attributes = {}) => log.push(`${text} ${attributes["name"] ?? ""}`),
      moment: () => ({ now: memory.time, unixNow: unixNow + memory.time }),
      maxBytes,
      unclaimedTtl: 600_000,
    });
    const memory: MemoryHub = new MemoryHub(storyText(FAN_OUT.slice(0, 2), streaming), {
      checkpoints,
      epoch: `e${unixNow}`,
    });
    await checkpoints.load();
    const at = async (time: number) => {
      memory.time = time;
      memory.hub.tick();
      checkpoints.tick(memory.hub.streamsOfAll());
      await settle();
    };
    return { memory, checkpoints, at, kill: () => unixNow += 60_000 };
  }
  return { store, log, start };
}

const NAME = "streams/demo/voice-1/b/replay";
const ack = (n: number) => writeFrame({ flow: { ack: n } }, new WireWriter());

Deno.test("what was not acknowledged at the last checkpoint outlives the hub, in order, under its numbers", async () => {
  const { start, store } = lives();
  const first = await start();
  const a = await first.memory.open("a");
  const b = await first.memory.open("b");
  for (let n = 0; n < 3; n++) a.session.receive(packetFrame({ n }));
  await settle();
  b.session.receive(ack(1));
  b.session.close();
  a.session.receive(packetFrame({ n: 3 }));
  await first.at(1_000);
  assert(store.blobs.has(NAME));
  a.session.receive(packetFrame({ n: 4 }));
  first.kill();

  const second = await start();
  const again = await second.memory.open("b");
  await settle();
  assertEquals(again.wire.payloads, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  const numbers = again.wire.messages.map(({ packet }) => Number(packet?.envelope?.sequence));
  assertEquals(numbers.slice(0, 2), [2, 3]);
  assert(numbers[2]! > 1_700_000_000_000_000);
  const before = b.wire.messages[0]?.packet?.envelope?.streamId;
  assertEquals(again.wire.messages[0]?.packet?.envelope?.streamId, before);
  again.session.receive(ack(numbers[2]!));
  await second.at(1_000);
  assertEquals(store.blobs.size, 0);
});

Deno.test("no number is given twice, however often the hub dies between two checkpoints", async () => {
  const { start } = lives();
  const seen = new Set<number>();
  for (let life = 0; life < 4; life++) {
    const { memory, at, kill } = await start();
    const a = await memory.open("a");
    const b = await memory.open("b");
    a.session.receive(packetFrame({ life }));
    await settle();
    await at(1_000);
    a.session.receive(packetFrame({ life, late: true }));
    await settle();
    for (const { packet } of b.wire.messages.slice(life === 0 ? 0 : -2)) {
      const sequence = Number(packet?.envelope?.sequence);
      assert(!seen.has(sequence), `${sequence} in life ${life}`);
      seen.add(sequence);
    }
    kill();
  }
});

Deno.test("a hub that stops keeps everything, and counts none of it as dropped", async () => {
  const { start } = lives();
  const { memory, checkpoints } = await start();
  const a = await memory.open("a");
  a.session.receive(packetFrame({ n: 0 }));
  memory.hub.disconnect("over");
  await checkpoints.flush(memory.hub.streamsOfAll());
  const [stream] = [...memory.hub.streamsOfAll()].filter(({ id }) => id === "b");
  memory.hub.close("over");
  assertEquals(stream?.drops.size, 0);
  const next = await start();
  const b = await next.memory.open("b");
  await settle();
  assertEquals(b.wire.payloads, [{ n: 0 }]);
});

Deno.test("what could not be written down when a hub stops is counted as dropped", async () => {
  const { start, store } = lives();
  const { memory, checkpoints } = await start();
  const a = await memory.open("a");
  a.session.receive(packetFrame({ n: 0 }));
  store.failure = new Error("no space left on device");
  memory.hub.disconnect("over");
  await checkpoints.flush(memory.hub.streamsOfAll());
  const [stream] = [...memory.hub.streamsOfAll()].filter(({ id }) => id === "b");
  memory.hub.close("over");
  assertEquals(Object.fromEntries(stream?.drops ?? []), { timeout: 1 });
});

Deno.test("what is older than its retention is not sent again, and counted", async () => {
  const retention = { ...DURABLE.delivery.replay, retentionSeconds: 30 };
  const { start } = lives(new MemoryStore(), { ...DURABLE, delivery: { replay: retention } });
  const first = await start();
  const a = await first.memory.open("a");
  const b = await first.memory.open("b");
  a.session.receive(packetFrame({ n: 0 }));
  await settle();
  b.session.close();
  await first.at(1_000);
  first.kill();
  const second = await start();
  await second.at(0);
  await second.memory.open("a");
  await second.memory.hub.admit({ ...b.session.claim });
  await second.at(1);
  const [stream] = [...second.memory.hub.streamsOfAll()].filter(({ id }) => id === "b");
  assertEquals(Object.fromEntries(stream?.drops ?? []), { retry_exhausted: 1 });
});

Deno.test("a damaged checkpoint is told, left behind, and the step starts without", async () => {
  const { start, store, log } = lives();
  const first = await start();
  const a = await first.memory.open("a");
  a.session.receive(packetFrame({ n: 0 }));
  await first.at(1_000);
  store.blobs.get(NAME)![200]! ^= 1;
  first.kill();
  const second = await start();
  assertEquals(log, [`a checkpoint cannot be used: its packets are lost ${NAME}`]);
  assertEquals(second.checkpoints.counts.corrupt, 1);
  assertEquals(store.blobs.size, 0);
  const b = await second.memory.open("b");
  await settle();
  assertEquals(b.wire.payloads, []);
});

Deno.test("a store that fails is told once, tried again, and never holds a packet up", async () => {
  const { start, store, log } = lives();
  const { memory, at, checkpoints } = await start();
  const a = await memory.open("a");
  const b = await memory.open("b");
  store.failure = new Error("no space left on device");
  a.session.receive(packetFrame({ n: 0 }));
  for (let second = 1; second < 5; second++) await at(second * 1_000);
  assertEquals(b.wire.payloads, [{ n: 0 }]);
  assertEquals(log, [`a checkpoint cannot be kept ${NAME}`]);
  assertEquals(checkpoints.counts.failed, 4);
  store.failure = undefined;
  await at(5_000);
  assertEquals(log.at(-1), `checkpoints are kept again ${NAME}`);
  assert(store.blobs.has(NAME));
});

Deno.test("checkpoints stay within their bytes, and go with the run or when nobody asks for them", async () => {
  const { start, store, log } = lives();
  const small = await start(10);
  const a = await small.memory.open("a");
  a.session.receive(packetFrame({ n: 0 }));
  await small.at(1_000);
  assertEquals([store.blobs.size, small.checkpoints.counts.refused], [0, 1]);
  const first = await start();
  (await first.memory.open("a")).session.receive(packetFrame({ n: 0 }));
  await first.at(1_000);
  assertEquals(store.blobs.size, 1);
  const second = await start();
  await second.at(600_000);
  assertEquals(log.at(-1), `nobody asked for a checkpoint: its packets are dropped ${NAME}`);
  assertEquals([store.blobs.size, second.checkpoints.bytes], [0, 0]);
  const third = await start();
  const again = await third.memory.open("a");
  again.session.receive(packetFrame({ n: 0 }));
  await third.at(1_000);
  again.session.close();
  await third.at(700_000);
  assertEquals([store.blobs.size, third.checkpoints.bytes], [0, 0]);
});
