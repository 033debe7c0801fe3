import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encode } from "../proto/codec.ts";
import { writeFrame } from "../proto/frame.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { jsonToStruct, structToJson } from "../proto/struct.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import type { Outcome, Router } from "./router.ts";
import { batchFrame, FAN_OUT, MemoryHub, settle, storyText } from "./testing/memory_hub.ts";

const numbers = (...ns: number[]) => ns.map((n) => ({ n }));
const n = (packet: Packet) =>
  Number(structToJson(packet.decoded().payload ?? new Uint8Array())["n"]);

/** A router that sends packets to `b` when a test says so, and those named to `c` at once. */
function slow(late: readonly number[]) {
  const outcomes = new Map<number, PromiseWithResolvers<Outcome>>();
  const router: Router = {
    route(_plan, _source, packet) {
      const outcome = Promise.withResolvers<Outcome>();
      outcomes.set(n(packet), outcome);
      return [
        late.includes(n(packet)) ? { step: "b", later: outcome.promise } : { step: "b" },
        { step: "c" },
      ];
    },
    forget() {},
    announce: () => undefined,
    awaited: () => [],
  };
  const end = (n: number, outcome: Outcome = { kind: "send" }) => {
    outcomes.get(n)?.resolve(outcome);
    return turns();
  };
  return { router, end };
}

const blockAt = (maxMessages: number) => ({
  backpressure: { buffer: { maxMessages, dropPolicy: "block" } },
  flowControl: { mode: "none", ackEvery: { messages: 1 } },
});

async function turns() {
  for (let turn = 0; turn < 5; turn++) await settle();
}

Deno.test("a packet that waits holds those behind it on the same way, and no other step", async () => {
  const { router, end } = slow([1, 2]);
  const memory = new MemoryHub(storyText(FAN_OUT), { router });
  const a = await memory.open("a");
  const b = await memory.open("b");
  const c = await memory.open("c");
  a.session.receive(batchFrame(0, 5));
  await settle();
  assertEquals(b.wire.payloads, numbers(0));
  assertEquals(c.wire.payloads, numbers(0, 1, 2, 3, 4));
  assertEquals(a.wire.paused, false);
  await end(2);
  assertEquals(b.wire.payloads, numbers(0));
  await end(1);
  assertEquals(b.wire.payloads, numbers(0, 1, 2, 3, 4));
});

Deno.test("packets that wait outlive their producer's connection", async () => {
  const { router, end } = slow([0]);
  const memory = new MemoryHub(storyText(FAN_OUT), { router });
  const first = await memory.open("a");
  const b = await memory.open("b");
  first.session.receive(batchFrame(0, 1));
  first.session.close();
  const second = await memory.open("a");
  second.session.receive(batchFrame(1, 2));
  await settle();
  assertEquals(b.wire.payloads, []);
  await end(0);
  assertEquals(b.wire.payloads, numbers(0, 1));
});

Deno.test("a source whose packets wait in greater number than its buffer takes is held, then goes on", async () => {
  const { router, end } = slow([0]);
  const memory = new MemoryHub(
    storyText(FAN_OUT, blockAt(3)),
    { router },
  );
  const a = await memory.open("a");
  const b = await memory.open("b");
  const c = await memory.open("c");
  a.session.receive(batchFrame(0, 6));
  await settle();
  assert(a.wire.paused);
  assertEquals(c.wire.payloads, numbers(0, 1, 2));
  await end(0);
  assertEquals(a.wire.paused, false);
  assertEquals(b.wire.payloads, numbers(0, 1, 2, 3, 4, 5));
  assertEquals(c.wire.payloads, numbers(0, 1, 2, 3, 4, 5));
});

Deno.test("a step without room takes what waits for it later, and nothing overtakes", async () => {
  const { router, end } = slow([0, 1, 2]);
  const memory = new MemoryHub(
    storyText(FAN_OUT, blockAt(1)),
    { router },
  );
  const a = await memory.open("a");
  const c = await memory.open("c");
  a.session.receive(batchFrame(0, 3));
  await end(0);
  await end(1);
  const b = await memory.open("b");
  await turns();
  await end(2);
  assertEquals(b.wire.payloads, numbers(0, 1, 2));
  assertEquals(c.wire.payloads, numbers(0, 1, 2));
});

Deno.test("each end is counted once: failed as a dead letter, cancelled and evicted by reason", async () => {
  const { router, end } = slow([0, 1, 2, 3]);
  const memory = new MemoryHub(storyText(FAN_OUT), { router });
  const a = await memory.open("a");
  const b = await memory.open("b");
  a.session.receive(batchFrame(0, 4));
  await end(0, { kind: "failed", error: new Error("child ended as Failed") });
  await end(1, { kind: "dropped", reason: "cancelled" });
  await end(2, { kind: "done" });
  assertEquals(memory.hub.deadLetters.map(({ step, error }) => [step, error]), [
    ["b", "child ended as Failed"],
  ]);
  const [run] = memory.hub.runs.values();
  const drops = run?.streams.get("b")?.drops;
  assertEquals(Object.fromEntries(drops ?? []), { route_error: 1, cancelled: 1 });
  memory.hub.close("over");
  assertEquals(Object.fromEntries(drops ?? []), { route_error: 1, cancelled: 1, timeout: 1 });
  await end(3);
  assertEquals(b.wire.payloads, []);
});

Deno.test("what a step without a stream put out goes to those after it", async () => {
  const answer = Packet.read(encode(DataPacket, { payload: jsonToStruct({ n: 7 }) }));
  const { router, end } = slow([0]);
  const memory = new MemoryHub(
    storyText(FAN_OUT, {
      delivery: { semantics: "at_least_once" },
      flowControl: { mode: "none", ackEvery: { messages: 1 } },
    }),
    {
      router: {
        ...router,
        route: (plan, source, packet) =>
          source === "b" ? [{ step: "c" }] : router.route(plan, source, packet).slice(0, 1),
      },
    },
  );
  const a = await memory.open("a", { batched: true });
  const c = await memory.open("c");
  a.session.receive(batchFrame(0, 1, "theirs"));
  await end(0, { kind: "output", packet: answer });
  assertEquals(c.wire.payloads, numbers(7));
  assertEquals(memory.hub.isDrained, false);
  assertEquals(a.wire.messages, []);
  c.session.receive(writeFrame({ flow: { ack: 1 } }, new WireWriter()));
  await turns();
  assertEquals(a.wire.messages.map(({ flow }) => flow?.ack), [1]);
});

const ends: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ kind: "send" }),
  fc.constant<Outcome>({ kind: "done" }),
  fc.constant<Outcome>({ kind: "dropped", reason: "cancelled" }),
  fc.constant<Outcome>({ kind: "failed", error: new Error("no") }),
);

Deno.test("in whatever order waits end, a step gets its packets in theirs, and each is counted once", async () => {
  const packets = fc.array(fc.record({ late: fc.boolean(), end: ends, rank: fc.nat(99) }), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(packets, fc.integer({ min: 1, max: 4 }), async (script, size) => {
      const late = script.flatMap(({ late }, n) => late ? [n] : []);
      const { router, end } = slow(late);
      const memory = new MemoryHub(storyText(FAN_OUT, blockAt(size)), { router });
      const a = await memory.open("a");
      const b = await memory.open("b");
      const c = await memory.open("c");
      a.session.receive(batchFrame(0, script.length));
      await turns();
      // A held source brings its next packets only when those before are through: so again and again.
      const order = late.toSorted((x, y) => script[x]!.rank - script[y]!.rank);
      for (let round = 0; round < script.length; round++) {
        for (const n of order) await end(n, script[n]!.end);
      }
      const sent = script.flatMap(({ late, end }, n) =>
        !late || end.kind === "send" ? [{ n }] : []
      );
      assertEquals(b.wire.payloads, sent);
      assertEquals(c.wire.payloads, script.map((_, n) => ({ n })));
      const stream = [...memory.hub.streamsOfAll()].find(({ id }) => id === "b");
      const drops = [...stream?.drops.values() ?? []].reduce((sum, one) => sum + one, 0);
      const lost = script.filter(({ late, end }) =>
        late && (end.kind === "dropped" || end.kind === "failed")
      );
      assertEquals(drops, lost.length);
      assertEquals([memory.hub.isDrained, a.wire.paused], [true, false]);
    }),
    { numRuns: 60 },
  );
});
