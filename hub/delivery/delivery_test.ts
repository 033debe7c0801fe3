import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Policies, resolvePolicies } from "../../contracts/transport/policies.ts";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { FlowControlSignal } from "../proto/messages.ts";
import { Outbound, type Parcel, type Sendable } from "./outbound.ts";
import { Receipts } from "./receipts.ts";
import { streamId } from "./stream_id.ts";

function parcel(id: number, overrides: Partial<Parcel> = {}): Parcel {
  return {
    body: Uint8Array.of(id >> 8, id & 0xff),
    size: 10,
    kind: "payload",
    at: 0,
    partition: "",
    ...overrides,
  };
}

const idOf = ({ body }: { body: Uint8Array }) => body[0]! << 8 | body[1]!;

function sender(settings: StreamingSettings): Outbound {
  return new Outbound("demo/run/step@1", resolvePolicies(settings));
}

function drain(outbound: Outbound, now = 0): Sendable[] {
  const sent: Sendable[] = [];
  for (let next = outbound.next(now); next !== undefined; next = outbound.next(now)) {
    sent.push(next);
  }
  return sent;
}

const AT_LEAST_ONCE: StreamingSettings = { delivery: { semantics: "at_least_once" } };

Deno.test("a consumer that comes late gets what waited, in order, and nothing before", () => {
  const outbound = sender({
    backpressure: { buffer: { maxMessages: 5, dropPolicy: "drop_oldest" } },
  });
  const drops = Array.from({ length: 8 }, (_, id) => outbound.offer(parcel(id)))
    .flatMap((offer) => offer.drops);
  assertEquals(drain(outbound), []);
  outbound.connect();
  assertEquals(drain(outbound).map(idOf), [3, 4, 5, 6, 7]);
  assertEquals(drops.map(({ item, reason }) => [idOf(item), reason]), [
    [0, "drop_oldest"],
    [1, "drop_oldest"],
    [2, "drop_oldest"],
  ]);
});

Deno.test("what was not acknowledged is sent again under the same numbers, before anything new", () => {
  const outbound = sender(AT_LEAST_ONCE);
  outbound.connect();
  for (let id = 0; id < 4; id++) outbound.offer(parcel(id));
  assertEquals(drain(outbound).map(({ envelope }) => envelope?.sequence), [1, 2, 3, 4]);
  outbound.flow({ ack: 2 });
  outbound.disconnect();
  outbound.offer(parcel(4));
  outbound.connect();
  const again = drain(outbound);
  assertEquals(again.map(({ envelope, replayed }) => [envelope?.sequence, replayed]), [
    [3, true],
    [4, true],
    [5, false],
  ]);
  assertEquals(again[0]?.envelope?.streamId, "demo/run/step@1");
});

Deno.test("a partition's acknowledgement clears that partition alone", () => {
  const outbound = sender({ delivery: { semantics: "at_least_once", ordering: "per_partition" } });
  outbound.connect();
  for (const partition of ["a", "b", "a"]) outbound.offer(parcel(1, { partition }));
  assertEquals(drain(outbound).map(({ envelope }) => envelope), [
    { streamId: "demo/run/step@1", sequence: 1, partition: "a" },
    { streamId: "demo/run/step@1", sequence: 1, partition: "b" },
    { streamId: "demo/run/step@1", sequence: 2, partition: "a" },
  ]);
  outbound.flow({ partitionAcks: [{ partition: "a", ack: 2 }] });
  assertEquals(outbound.unacked, 1);
});

Deno.test("credits stop the sender, and come back by messages whatever sizes the other side counts", () => {
  const outbound = sender({
    flowControl: { mode: "credits", initialCredits: { messages: 2, bytes: 25 } },
  });
  outbound.connect();
  for (let id = 0; id < 9; id++) outbound.offer(parcel(id));
  assertEquals(drain(outbound).map(idOf), [0, 1]);
  assert(outbound.flow({ creditsMessages: 2, creditsBytes: 1 }));
  assertEquals(drain(outbound).map(idOf), [2, 3]);
  outbound.offer(parcel(9, { size: 100 }));
  for (let round = 0; round < 3; round++) outbound.flow({ creditsMessages: 2 });
  assertEquals(drain(outbound).map(idOf), [4, 5]);
});

Deno.test("a packet larger than all credit goes when nothing else is on its way", () => {
  const outbound = sender({
    flowControl: { mode: "credits", initialCredits: { messages: 5, bytes: 25 } },
  });
  outbound.connect();
  outbound.offer(parcel(0));
  outbound.offer(parcel(1, { size: 100 }));
  assertEquals(drain(outbound).map(idOf), [0]);
  outbound.flow({ creditsMessages: 1, creditsBytes: 10 });
  assertEquals(drain(outbound).map(idOf), [1]);
});

Deno.test("PAUSE holds the consumer's packets and RESUME lets them go", () => {
  const outbound = sender({});
  outbound.connect();
  outbound.flow({ signal: FlowControlSignal.pause });
  outbound.offer(parcel(0));
  assertEquals(drain(outbound), []);
  assert(outbound.flow({ signal: FlowControlSignal.resume }));
  assertEquals(drain(outbound).map(idOf), [0]);
});

Deno.test("a window lets so many numbers pass beyond the last acknowledged", () => {
  const outbound = sender({
    flowControl: { mode: "window", initialCredits: { messages: 3 } },
    delivery: { ordering: "per_stream" },
  });
  outbound.connect();
  for (let id = 0; id < 9; id++) outbound.offer(parcel(id));
  assertEquals(drain(outbound).length, 3);
  outbound.flow({ ack: 2 });
  assertEquals(drain(outbound).length, 2);
});

Deno.test("with flow control a full buffer holds the producer only while its consumer is there", () => {
  const outbound = sender({
    flowControl: { mode: "credits", initialCredits: { messages: 1 } },
    backpressure: { buffer: { maxMessages: 1, dropPolicy: "drop_oldest" } },
  });
  outbound.offer(parcel(0));
  assertEquals(outbound.offer(parcel(1)).drops.length, 1);
  outbound.connect();
  assertEquals(outbound.offer(parcel(2)).outcome, "full");
});

Deno.test("an acknowledgement never covers a packet that is still on its way to the engram", () => {
  const receipts = new Receipts({ messages: 1, bytes: 0, maxDelay: 0 });
  for (const sequence of [1, 2, 4]) {
    assertEquals(receipts.arrived({ streamId: "s", sequence }), "new");
  }
  receipts.done({ streamId: "s", sequence: 4 }, 10, 0);
  receipts.done({ streamId: "s", sequence: 2 }, 10, 0);
  assertEquals(receipts.take(), [{ creditsMessages: 2, creditsBytes: 20 }]);
  receipts.done({ streamId: "s", sequence: 1 }, 10, 0);
  // 3 was never sent: the sender gave it up, and nobody waits for it.
  assertEquals(receipts.take(), [{ ack: 4, creditsMessages: 1, creditsBytes: 10 }]);
  assertEquals(receipts.arrived({ streamId: "s", sequence: 2 }), "duplicate");
});

Deno.test("acknowledgements wait for their number of messages, or for their delay", () => {
  const receipts = new Receipts({ messages: 3, bytes: 0, maxDelay: 200 });
  const finish = (sequence: number, now: number) => {
    receipts.arrived({ streamId: "s", sequence });
    receipts.done({ streamId: "s", sequence }, 1, now);
  };
  assertEquals(receipts.dueAt, undefined);
  finish(1, 1_000);
  assertEquals(receipts.dueAt, 1_200);
  finish(2, 1_050);
  finish(3, 1_060);
  assert(receipts.dueAt! <= 1_060);
});

Deno.test("more partitions than one message may acknowledge become several", () => {
  const receipts = new Receipts({ messages: 1, bytes: 0, maxDelay: 0 });
  for (let index = 0; index < 300; index++) {
    const envelope = { streamId: "s", partition: `p${index}`, sequence: 1 };
    receipts.arrived(envelope);
    receipts.done(envelope, 1, 0);
  }
  assertEquals(receipts.take().map(({ partitionAcks }) => partitionAcks?.length), [256, 44]);
});

Deno.test("a stream's name has its epoch and at most 128 characters", () => {
  assertEquals(streamId(["demo", "run", "step"], "k3"), "demo/run/step@k3");
  const long = streamId(["n".repeat(63), "r".repeat(63), "s".repeat(63)], "k3");
  assertEquals(long.length, 128);
  assert(long.endsWith("@k3"));
  assert(long !== streamId(["n".repeat(63), "r".repeat(63), "t".repeat(63)], "k3"));
});

type Event = "offer" | "send" | "arrive" | "finish" | "ack" | "cut" | "reconnect";
const events = fc.array(
  fc.tuple(
    fc.constantFrom<Event>(
      "offer",
      "offer",
      "send",
      "send",
      "arrive",
      "arrive",
      "finish",
      "finish",
      "ack",
      "cut",
      "reconnect",
    ),
    fc.nat(1_000),
  ),
  { maxLength: 300 },
);
const policiesOf = fc.record({
  mode: fc.constantFrom("none" as const, "credits" as const, "window" as const),
  window: fc.integer({ min: 1, max: 6 }),
  maxInFlight: fc.constantFrom(0, 3),
  ackEvery: fc.integer({ min: 1, max: 4 }),
  ordering: fc.constantFrom("per_stream" as const, "per_partition" as const),
  restart: fc.boolean(),
});

Deno.test("at least once: cuts, lost acks and restarts of the consumer lose nothing and keep the order", () => {
  fc.assert(
    fc.property(
      policiesOf,
      events,
      ({ mode, window, maxInFlight, ackEvery, ordering, restart }, script) => {
        const policies: Policies = resolvePolicies({
          backpressure: { buffer: { maxMessages: 10 } },
          flowControl: {
            mode,
            initialCredits: { messages: window },
            ackEvery: { messages: ackEvery },
          },
          delivery: { semantics: "at_least_once", ordering },
          lifecycle: { maxInFlight },
        });
        const outbound = new Outbound("s@1", policies);
        let receipts = new Receipts(policies.flow.ackEvery);
        let wire: Sendable[] = [];
        let engram: Sendable[] = [];
        const offered: number[] = [];
        const settled: number[] = [];
        const handed: number[] = [];
        outbound.connect();
        const act = (event: Event, pick: number): void => {
          switch (event) {
            case "offer": {
              const id = offered.length;
              const partition = `p${id % 2}`;
              const settle = () => settled.push(id);
              if (outbound.offer(parcel(id, { partition, settled: settle })).outcome === "queued") {
                offered.push(id);
              }
              return;
            }
            case "send": {
              const next = outbound.next(0);
              if (next !== undefined) wire.push(next);
              return;
            }
            case "arrive": {
              const next = wire.shift();
              if (next === undefined) return;
              const arrival = receipts.arrived(next.envelope);
              if (arrival === "duplicate") receipts.done(undefined, next.parcel.size, 0);
              if (arrival !== "new") return;
              engram.push(next);
              handed.push(idOf(next));
              return;
            }
            case "finish": {
              const [done] = engram.splice(pick % Math.max(engram.length, 1), 1);
              if (done !== undefined) receipts.done(done.envelope, done.parcel.size, 0);
              return;
            }
            case "ack":
              for (const flow of receipts.take()) outbound.flow(flow);
              return;
            case "cut":
              outbound.disconnect();
              wire = [];
              return;
            case "reconnect":
              outbound.disconnect();
              wire = [];
              // A consumer that died knows nothing any more; one whose wire was cut remembers.
              if (restart) {
                receipts = new Receipts(policies.flow.ackEvery);
                engram = [];
              } else receipts.reconnect(0);
              outbound.connect();
          }
        };
        for (const [event, pick] of script) act(event, pick);
        act("reconnect", 0);
        for (let round = 0; settled.length < offered.length && round < 1_000; round++) {
          for (const event of ["send", "arrive", "finish", "ack"] as const) act(event, 0);
        }
        assertEquals(settled.toSorted((a, b) => a - b), offered);
        assertEquals(outbound.queue.usage, { messages: 0, bytes: 0 });
        for (const parity of ordering === "per_stream" ? [[0, 1]] : [[0], [1]]) {
          const first = [...new Set(handed)].filter((id) => parity.includes(id % 2));
          assertEquals(first, first.toSorted((a, b) => a - b), "first deliveries keep the order");
        }
        if (!restart) assertEquals(new Set(handed).size, handed.length, "none twice to one engram");
      },
    ),
    { numRuns: 500 },
  );
});
