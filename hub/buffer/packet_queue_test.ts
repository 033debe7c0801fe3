import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { BufferPolicy } from "../../contracts/transport/policies.ts";
import type { DropPolicy, LaneKind } from "../../contracts/transport/streaming_settings.ts";
import type { Queued } from "./lane.ts";
import { PacketQueue } from "./packet_queue.ts";

interface Item extends Queued {
  readonly id: number;
}

function policy(dropPolicy: DropPolicy, overrides: Partial<BufferPolicy> = {}): BufferPolicy {
  return { maxMessages: 5, maxBytes: 1_000, dropPolicy, lanes: new Map(), ...overrides };
}

function item(id: number, overrides: Partial<Item> = {}): Item {
  return { id, size: 10, kind: "payload", at: id, ...overrides };
}

function ids(queue: PacketQueue<Item>): number[] {
  const result: number[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) result.push(next.id);
  return result;
}

function fill(queue: PacketQueue<Item>, count: number, make = item): string[] {
  return Array.from({ length: count }, (_, id) => queue.offer(make(id)))
    .flatMap(({ drops }) => drops.map((drop) => `${drop.reason} ${drop.item.id}`));
}

Deno.test("drop_newest refuses what does not fit, drop_oldest keeps exactly the last ones in order", () => {
  const newest = new PacketQueue<Item>(policy("drop_newest"));
  assertEquals(fill(newest, 7), ["buffer_full 5", "buffer_full 6"]);
  assertEquals(ids(newest), [0, 1, 2, 3, 4]);
  const oldest = new PacketQueue<Item>(policy("drop_oldest"));
  assertEquals(fill(oldest, 7), ["drop_oldest 0", "drop_oldest 1"]);
  assertEquals(ids(oldest), [2, 3, 4, 5, 6]);
});

Deno.test("block takes nothing that does not fit, and drops nothing", () => {
  const queue = new PacketQueue<Item>(policy("block"));
  assertEquals(fill(queue, 5), []);
  assertEquals(queue.offer(item(5)), { outcome: "full", drops: [] });
  queue.take();
  assertEquals(queue.offer(item(5)).outcome, "queued");
  assertEquals(ids(queue), [1, 2, 3, 4, 5]);
});

Deno.test("latest_per_key keeps the newest of each key at the place of its first", () => {
  const queue = new PacketQueue<Item>(policy("latest_per_key"));
  const keyed = (id: number) => item(id, { key: `k${id % 3}` });
  assertEquals(fill(queue, 7, keyed), [
    "latest_per_key 0",
    "latest_per_key 1",
    "latest_per_key 2",
    "latest_per_key 3",
  ]);
  assertEquals(ids(queue), [6, 4, 5]);
});

Deno.test("a lane's share is its own: a flood of video leaves the audio alone", () => {
  const lanes = new Map([["video" as LaneKind, { name: "v", maxMessages: 2, maxBytes: 100 }]]);
  for (const dropPolicy of ["drop_oldest", "drop_newest"] as const) {
    const queue = new PacketQueue<Item>(policy(dropPolicy, { lanes }));
    queue.offer(item(100, { kind: "audio" }));
    const drops = fill(queue, 4, (id) => item(id, { kind: "video" }));
    const oldest = dropPolicy === "drop_oldest";
    assertEquals(
      drops,
      oldest ? ["drop_oldest_lane 0", "drop_oldest_lane 1"] : ["lane_full 2", "lane_full 3"],
    );
    assertEquals(
      queue.offer(item(9, { kind: "video", size: 101 })).drops[0]?.reason,
      "lane_oversize",
    );
    assertEquals(ids(queue), oldest ? [100, 2, 3] : [100, 0, 1]);
  }
});

Deno.test("what is older than maxAge is dropped as expired", () => {
  const queue = new PacketQueue<Item>(policy("drop_newest", { maxAge: 2 }));
  fill(queue, 5);
  assertEquals(queue.expire(4).map((drop) => `${drop.reason} ${drop.item.id}`), [
    "expired 0",
    "expired 1",
  ]);
  assertEquals(ids(queue), [2, 3, 4]);
});

Deno.test("lent packets count until they are settled, and are never dropped to make room", () => {
  const queue = new PacketQueue<Item>(policy("drop_oldest"));
  fill(queue, 5);
  const lent = [queue.lend(), queue.lend(), queue.lend(), queue.lend(), queue.lend()];
  assertEquals(queue.usage, { messages: 5, bytes: 50 });
  assertEquals(queue.offer(item(5)).drops.map(({ reason }) => reason), ["buffer_full"]);
  for (const one of lent) queue.settle(one!);
  assertEquals(queue.usage, { messages: 0, bytes: 0 });
  assertEquals(queue.offer(item(6)).outcome, "queued");
});

Deno.test("a newer value that needs more room than the older one left makes others give way", () => {
  const queue = new PacketQueue<Item>(policy("latest_per_key", { maxBytes: 30 }));
  fill(queue, 3, (id) => item(id, { key: `k${id}` }));
  const larger = item(9, { key: "k1", size: 15 });
  assertEquals(queue.offer(larger, true), { outcome: "full", drops: [] });
  assertEquals(queue.waiting().map(({ id }) => id), [0, 1, 2]);
  const { drops } = queue.offer(larger);
  assertEquals(drops.map((drop) => `${drop.reason} ${drop.item.id}`), [
    "latest_per_key 1",
    "drop_oldest 0",
  ]);
  assertEquals(ids(queue), [2, 9]);
});

Deno.test("a newer value that has no room at all leaves the older one where it is", () => {
  const queue = new PacketQueue<Item>(policy("latest_per_key", { maxBytes: 30 }));
  fill(queue, 3, (id) => item(id, { key: `k${id}` }));
  queue.lend();
  assertEquals(queue.offer(item(9, { key: "k1", size: 25 })).drops.map(({ reason }) => reason), [
    "buffer_full",
  ]);
  assertEquals(ids(queue), [1, 2]);
});

Deno.test("what is too old is dropped although a newer value stands before it", () => {
  const queue = new PacketQueue<Item>(policy("latest_per_key", { maxAge: 2 }));
  fill(queue, 3, (id) => item(id, { key: `k${id}` }));
  queue.offer(item(3, { key: "k0" }));
  assertEquals(queue.expire(4).map(({ item }) => item.id), [1]);
  assertEquals(ids(queue), [3, 2]);
});

interface Step {
  readonly kind: LaneKind;
  readonly size: number;
  readonly key: string;
  readonly action: "offer" | "wait" | "take" | "lend" | "settle" | "expire";
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<LaneKind>("audio", "payload"),
    size: fc.integer({ min: 1, max: 40 }),
    key: fc.constantFrom("a", "b", "c"),
    action: fc.constantFrom("offer", "offer", "offer", "wait", "take", "lend", "settle", "expire"),
  }),
  { maxLength: 120 },
);

const policies = fc.record({
  dropPolicy: fc.constantFrom<DropPolicy>("drop_newest", "drop_oldest", "block", "latest_per_key"),
  maxMessages: fc.integer({ min: 1, max: 8 }),
  maxBytes: fc.integer({ min: 30, max: 120 }),
  maxAge: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
  lane: fc.boolean(),
});

Deno.test("whatever happens: limits hold, order holds, and each packet is waiting, lent, out or dropped", () => {
  fc.assert(fc.property(policies, steps, (limits, script) => {
    const lanes = new Map<LaneKind, { name: string; maxMessages: number; maxBytes: number }>(
      limits.lane ? [["audio", { name: "audio", maxMessages: 2, maxBytes: 50 }]] : [],
    );
    const { lane: _, maxAge, ...rest } = limits;
    const queue = new PacketQueue<Item>({
      ...rest,
      ...(maxAge === undefined ? {} : { maxAge }),
      lanes,
    });
    const fate = new Map<number, string>();
    const lent: Item[] = [];
    const out: number[] = [];
    const settle = (id: number, end: string) => {
      assertEquals(fate.get(id), "in", `packet ${id} ends twice`);
      fate.set(id, end);
    };
    for (const [id, step] of script.entries()) {
      if (step.action === "offer" || step.action === "wait") {
        const before = queue.usage.messages;
        const offered = item(id, { ...step });
        const { outcome, drops } = queue.offer(offered, step.action === "wait");
        if (outcome === "full") {
          assertEquals(queue.usage.messages, before);
          continue;
        }
        fate.set(id, "in");
        for (const drop of drops) settle(drop.item.id, drop.reason);
        assertEquals(outcome === "dropped", fate.get(id) !== "in");
      } else if (step.action === "take") {
        const taken = queue.take();
        if (taken !== undefined) {
          settle(taken.id, "out");
          out.push(taken.id);
        }
      } else if (step.action === "lend") {
        const taken = queue.lend();
        if (taken !== undefined) {
          lent.push(taken);
          out.push(taken.id);
        }
      } else if (step.action === "settle") {
        const done = lent.shift();
        if (done !== undefined) {
          queue.settle(done);
          settle(done.id, "out");
        }
      } else for (const drop of queue.expire(id)) settle(drop.item.id, drop.reason);
      assert(queue.usage.messages <= limits.maxMessages);
      assert(queue.usage.bytes <= limits.maxBytes);
      assertEquals(queue.size + lent.length, queue.usage.messages);
    }
    out.push(...ids(queue));
    // A newer value takes an older one's place under latest_per_key; else first in is first out.
    if (limits.dropPolicy !== "latest_per_key") assertEquals(out, out.toSorted((a, b) => a - b));
  }));
});
