import { assertEquals, assertThrows } from "@std/assert";
import type { SseEvent } from "../contracts/sse_decoder.ts";
import { FlowsFold } from "./flows_fold.ts";
import { SubscribeError } from "./subscribe_error.ts";

type Start = [flowId: string, epoch: string, seq: number, recovered?: boolean];

function hello(starts: readonly Start[], complete = true): SseEvent {
  const flows = starts.map(([flowId, epoch, seq, recovered = false]) => ({
    flowId,
    epoch,
    seq,
    recovered,
    reason: recovered ? "resumed" : "new",
  }));
  return { event: "hello", data: JSON.stringify({ flows, complete }), lastEventId: "" };
}

const nodes = (flowId: string, ...ids: string[]) =>
  ids.map((id) => ({ id, flowId, label: id, status: "running" }));

function snapshot(flowId: string, lastEventId: string, ...ids: string[]): SseEvent {
  const flow = { id: flowId, status: "running", startedAt: 1 };
  const data = { flowId, type: "snapshot", flow, nodes: nodes(flowId, ...ids), relationships: [] };
  return { event: "snapshot", data: JSON.stringify(data), lastEventId };
}

function upsert(flowId: string, lastEventId: string, ...ids: string[]): SseEvent {
  const data = { flowId, type: "upsert-nodes", nodes: nodes(flowId, ...ids) };
  return { event: "upsert-nodes", data: JSON.stringify(data), lastEventId };
}

const deleted = (flowId: string, lastEventId: string): SseEvent => ({
  event: "deleted",
  data: JSON.stringify({ flowId }),
  lastEventId,
});

function folded(...events: SseEvent[]): FlowsFold {
  const fold = new FlowsFold();
  for (const event of events) fold.take(event);
  return fold;
}

const held = (fold: FlowsFold) =>
  Object.fromEntries(
    [...fold.states].map(([id, { nodes }]) => [id, [...nodes.values()].map((it) => it.id)]),
  );

const TWO = [
  hello([["a", "ea", 2], ["b", "eb", 5]]),
  snapshot("a", "2-ea", "n1"),
  snapshot("b", "2-ea.5-eb", "m1"),
];

Deno.test("flows are folded side by side, and one id stands for the places in all of them", () => {
  const fold = folded(...TWO, upsert("b", "2-ea.6-eb", "m2"), upsert("a", "3-ea.6-eb", "n2"));
  assertEquals(held(fold), { a: ["n1", "n2"], b: ["m1", "m2"] });
  assertEquals(fold.lastEventId, "3-ea.6-eb");
});

Deno.test("each event names the flows that are others than before", () => {
  const fold = folded(...TWO);
  assertEquals(fold.take(upsert("a", "3-ea.5-eb", "n2")), ["a"]);
  assertEquals(fold.take(hello([["c", "ec", 1]], false)), []);
  assertEquals(fold.take(snapshot("c", "3-ea.5-eb.1-ec", "k")), ["c"]);
  assertEquals(fold.take(deleted("a", "5-eb.1-ec")), ["a"]);
  assertEquals(fold.take({ event: "heartbeat", data: "", lastEventId: "" }), []);
  assertEquals(held(fold), { b: ["m1"], c: ["k"] });
});

Deno.test("after a break what is resumed goes on, what is not is replaced, what is not listed is gone", () => {
  const fold = folded(...TWO);
  assertEquals(fold.take(hello([["a", "ea", 3, true]])), ["b"]);
  fold.take(upsert("a", "3-ea", "n2"));
  assertEquals(held(fold), { a: ["n1", "n2"] });
  fold.take(hello([["a", "other", 1]]));
  assertEquals(held(fold), { a: ["n1", "n2"] }, "the old picture stays until there is a new one");
  fold.take(snapshot("a", "1-other", "fresh"));
  assertEquals(held(fold), { a: ["fresh"] });
});

Deno.test("whatever does not follow gives an error, never a wrong state", () => {
  const gap = (event: SseEvent, ...before: SseEvent[]) => {
    const fold = folded(...TWO, ...before);
    const error = assertThrows(() => fold.take(event), SubscribeError);
    assertEquals(held(fold), { a: ["n1"], b: ["m1"] });
    return error.code;
  };
  assertEquals(gap(upsert("a", "4-ea.5-eb", "lost one")), "gap");
  assertEquals(gap(upsert("a", "2-ea.5-eb", "again")), "gap");
  assertEquals(gap(upsert("a", "5-eb", "no place")), "gap");
  assertEquals(gap(upsert("unknown", "2-ea.5-eb.1-ec", "x")), "gap");
  assertEquals(gap(hello([["a", "other", 3, true], ["b", "eb", 5, true]])), "gap");
  const joined = hello([["c", "ec", 1]], false);
  assertEquals(gap(upsert("c", "2-ea.5-eb.1-ec", "x"), joined), "gap", "a snapshot is due");
  assertEquals(gap({ event: "hello", data: "{}", lastEventId: "" }), "malformed");
  assertEquals(gap({ event: "hello", data: "no json", lastEventId: "" }), "malformed");
  assertEquals(gap({ ...upsert("a", "3-ea.5-eb", "n"), event: "upsert-rels" }), "malformed");
});

Deno.test("a fold that was given up keeps its picture and asks for snapshots", () => {
  const fold = folded(...TWO);
  fold.giveUp();
  assertEquals([fold.lastEventId, held(fold)], [undefined, { a: ["n1"], b: ["m1"] }]);
});
