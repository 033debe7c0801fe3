import { assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage } from "../../contracts/flow.ts";
import { emptyFlowState, foldInto, snapshotOf } from "../../contracts/fold.ts";
import { SseDecoder } from "../../contracts/sse_decoder.ts";
import { FLOW_ID, flowMessages } from "../../contracts/testing/arbitraries.ts";
import { encoded } from "../testing/encoded.ts";
import { newEpoch } from "./epoch.ts";
import { FlowLog } from "./flow_log.ts";

const EPOCH = "abcdefghijklm";
const upsert = (id: string): FlowMessage => ({
  type: "upsert-nodes",
  nodes: [{ id, flowId: FLOW_ID, label: id, status: "running" }],
});

function logWith(count: number, frames = 100): FlowLog {
  const log = new FlowLog(FLOW_ID, EPOCH, { frames, bytes: 1 << 20 });
  for (let i = 1; i <= count; i++) log.append([encoded(upsert(`n${i}`))], i);
  return log;
}

Deno.test("evicting messages takes nothing from the snapshot", () => {
  fc.assert(
    fc.property(
      fc.array(flowMessages, { minLength: 1 }),
      fc.integer({ min: 1, max: 3 }),
      (messages, frames) => {
        const log = new FlowLog(FLOW_ID, EPOCH, { frames, bytes: 1 << 20 });
        const model = emptyFlowState(FLOW_ID);
        for (const message of messages) {
          log.append([encoded(message)], 0);
          foldInto(model, message);
        }
        assertEquals(
          JSON.parse(log.snapshot().json),
          JSON.parse(JSON.stringify(snapshotOf(model))),
        );
      },
    ),
  );
});

Deno.test("each frame carries its type, its cursor and the message on one line", () => {
  const log = logWith(2);
  assertEquals(
    new SseDecoder().push(log.after(0, 1 << 20).shared.bytes).events,
    [1, 2].map((seq) => ({
      event: "upsert-nodes",
      lastEventId: `${seq}-${EPOCH}`,
      data: JSON.stringify(upsert(`n${seq}`)),
    })),
  );
});

Deno.test("a batch takes dense seqs and answers the last", () => {
  const log = logWith(2);
  assertEquals(log.append(["x", "y", "z"].map((id) => encoded(upsert(id))), 0), 5);
});

const CASES: [lastEventId: string | undefined, reason: string, seq: number][] = [
  [undefined, "new", 20],
  [`20-${EPOCH}`, "resumed", 20],
  [`15-${EPOCH}`, "resumed", 15],
  [`10-${EPOCH}`, "resumed", 10],
  [`9-${EPOCH}`, "evicted", 20],
  [`0-${EPOCH}`, "evicted", 20],
  [`21-${EPOCH}`, "ahead", 20],
  ["15-zzzzzzzzzzzzz", "epoch-changed", 20],
  ["21-zzzzzzzzzzzzz", "epoch-changed", 20],
  ["15", "resumed", 15],
  ["3", "evicted", 20],
  ["21", "ahead", 20],
  ["banana", "unknown", 20],
  ["-1", "unknown", 20],
];

for (const [lastEventId, reason, seq] of CASES) {
  Deno.test(`Last-Event-ID ${lastEventId} at 11..20 starts with ${reason}`, () => {
    const start = logWith(20, 10).start(lastEventId);
    const recovered = reason === "resumed";
    assertEquals(start.hello as unknown, { epoch: EPOCH, seq: 20, recovered, reason });
    assertEquals([start.seq, start.snapshot === undefined], [seq, recovered]);
  });
}

Deno.test("0 resumes a log from its first message while that is still there", () => {
  assertEquals(logWith(20).start(`0-${EPOCH}`).hello.reason, "resumed");
});

Deno.test("new readers share the last snapshot and get what came since", () => {
  const log = logWith(5);
  const first = log.start(undefined);
  log.append([encoded(upsert("later"))], 0);
  const second = log.start(undefined);
  assertStrictEquals(second.snapshot, first.snapshot);
  assertEquals([second.seq, second.hello.seq], [5, 6]);
});

Deno.test("a snapshot whose tail has left the ring is not given again", () => {
  const log = logWith(5, 2);
  const first = log.start(undefined);
  for (let i = 0; i < 3; i++) log.append([encoded(upsert("later"))], 0);
  const second = log.start(undefined);
  assertNotEquals(second.snapshot?.seq, first.snapshot?.seq);
  assertEquals(second.seq, 8);
});

Deno.test("the snapshot that is asked for is always of now", () => {
  const log = logWith(1);
  log.snapshot();
  log.append([encoded(upsert("later"))], 0);
  assertEquals(log.snapshot().seq, 2);
});

Deno.test("an epoch is 13 characters that a cursor may hold", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 13, maxLength: 13 }), (bytes) => {
    assertEquals(/^[a-z2-7]{13}$/.test(newEpoch((target) => target.set(bytes))), true);
  }));
});
