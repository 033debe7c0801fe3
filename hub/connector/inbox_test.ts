import { assertEquals } from "@std/assert";
import type { StreamEnvelope } from "../proto/messages.ts";
import { type Delivery, Inbox } from "./inbox.ts";
import { Source } from "./source.ts";

const SOURCE = new Source("hub", { messages: 1, bytes: 0, maxDelay: 0 });
const LIMITS = { maxMessages: 1_000, maxBytes: 1_000_000 };

const envelope = (sequence: number, more: StreamEnvelope = {}): StreamEnvelope => ({
  streamId: "b@1",
  sequence,
  ...more,
});

function inboxOf(count: number, chunksOf = 0): Inbox {
  const inbox = new Inbox(LIMITS);
  for (let sequence = 1; sequence <= count; sequence++) {
    const index = sequence - 1;
    const chunk = chunksOf === 0 ? {} : {
      chunkId: `c${Math.floor(index / chunksOf)}`,
      chunkIndex: index % chunksOf,
      chunkCount: chunksOf,
    };
    inbox.push({
      source: SOURCE,
      at: 0,
      connection: 1,
      size: 1,
      data: Uint8Array.of(sequence),
      envelope: envelope(sequence, chunk),
    });
  }
  return inbox;
}

/** Hands over what may be handed over. */
function handOver(inbox: Inbox, now: number, keep = true): number[] {
  const handed: number[] = [];
  for (;;) {
    const delivery = inbox.next(() => true, keep, now);
    if (delivery === undefined) return handed;
    handed.push(numberOf(delivery));
  }
}

const numberOf = ({ envelope }: Delivery) => Number(envelope?.sequence);
const overdue = (inbox: Inbox, now: number) =>
  [...inbox.overdue(now)].map(({ delivery }) => numberOf(delivery));
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

Deno.test("an engram has as many packets as its SDK has room for receipts, and one more for each", () => {
  const inbox = inboxOf(20);
  assertEquals(handOver(inbox, 0), range(1, 16));
  assertEquals(inbox.done(envelope(3), 1).map(numberOf), [3]);
  assertEquals(inbox.done(envelope(3), 1), [], "a receipt counts once");
  assertEquals(handOver(inbox, 1), [17]);
});

Deno.test("an engram that finishes none for a while gets more: it may work on many at once", () => {
  const inbox = inboxOf(100);
  assertEquals(handOver(inbox, 0), range(1, 16));
  assertEquals(handOver(inbox, 49), []);
  assertEquals(handOver(inbox, 50), range(17, 32));
  assertEquals(handOver(inbox, 100), range(33, 64));
});

Deno.test("a packet that others have overtaken is handed over again, ever more seldom", () => {
  const inbox = inboxOf(3);
  handOver(inbox, 0);
  inbox.done(envelope(3), 10);
  assertEquals(overdue(inbox, 199), []);
  assertEquals(overdue(inbox, 200), [1, 2]);
  inbox.done(envelope(2), 210);
  // Of what was handed over again, the second has overtaken the first once more.
  assertEquals([overdue(inbox, 599), overdue(inbox, 600)], [[], [1]]);
  inbox.done(envelope(1), 610);
  assertEquals([overdue(inbox, 1e9), inbox.messages], [[], 0]);
});

Deno.test("a packet that nothing is heard of is handed over again even when none came after it", () => {
  const inbox = inboxOf(1);
  handOver(inbox, 0);
  assertEquals([overdue(inbox, 1_999), overdue(inbox, 2_000)], [[], [1]]);
  assertEquals([overdue(inbox, 5_999), overdue(inbox, 6_000)], [[], [1]]);
});

Deno.test("receipts that were lost make the engram's room small again", () => {
  const inbox = inboxOf(100);
  handOver(inbox, 0);
  handOver(inbox, 50);
  for (const sequence of range(2, 32)) inbox.done(envelope(sequence), 60);
  assertEquals(overdue(inbox, 260), [1]);
  assertEquals(handOver(inbox, 261).length, 15);
});

Deno.test("what nobody keeps is over when others have overtaken it, and waits as long as none has", () => {
  const inbox = inboxOf(2);
  handOver(inbox, 0, false);
  assertEquals(overdue(inbox, 60_000), []);
  inbox.done(envelope(2), 60_000);
  assertEquals([...inbox.overdue(60_000)].map(({ outcome }) => outcome), ["over"]);
  assertEquals(overdue(inbox, 1e9), []);
});

Deno.test("the one receipt for a packet in chunks is a receipt for each, and takes one place", () => {
  const inbox = inboxOf(60, 3);
  assertEquals(handOver(inbox, 0), range(1, 48));
  assertEquals(inbox.done(envelope(4), 1).map(numberOf), [4, 5, 6]);
  assertEquals(handOver(inbox, 1), range(49, 51));
});

Deno.test("no more is handed over again at once than the SDK has room for receipts", () => {
  const inbox = inboxOf(100);
  handOver(inbox, 0);
  handOver(inbox, 50);
  inbox.done(envelope(32), 60);
  assertEquals(overdue(inbox, 250), range(1, 16));
  assertEquals(overdue(inbox, 251), range(17, 31));
});

Deno.test("chunks of a packet that never comes whole are given up, and hold up nothing", () => {
  const inbox = inboxOf(5, 3);
  handOver(inbox, 0);
  inbox.done(envelope(1), 1);
  const expired = [...inbox.overdue(120_000)].filter(({ outcome }) => outcome === "expired");
  assertEquals(expired.map(({ delivery }) => numberOf(delivery)), [4, 5]);
  assertEquals(inbox.messages, 0);
});
