import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage, FlowNode } from "../../../contracts/flow.ts";
import { emptyFlowState, fold } from "../../../contracts/fold.ts";
import { FlowHistory } from "./history.ts";

const node = (id: string, more: Partial<FlowNode> = {}): FlowMessage => ({
  type: "upsert-nodes",
  nodes: [{ id, flowId: "f", label: id, status: "running", ...more }],
});
const messages = fc.array(
  fc.oneof(
    fc.nat(9).map((n) => node(`n${n}`)),
    fc.nat(9).map((n): FlowMessage => ({ type: "delete-nodes", ids: [`n${n}`] })),
  ),
  { maxLength: 200 },
);

Deno.test("every moment is what all messages up to it fold to", () => {
  fc.assert(fc.property(messages, fc.nat(), (all, at) => {
    const history = new FlowHistory("f");
    for (const message of all) history.push(message);
    const index = all.length === 0 ? -1 : at % all.length;
    let state = emptyFlowState("f");
    for (const message of all.slice(0, index + 1)) state = fold(state, message);
    assertEquals(history.stateAt(index), state);
  }));
});

Deno.test("a look at a moment changes no other", () => {
  const history = new FlowHistory("f");
  for (let n = 0; n < 130; n++) history.push(node(`n${n}`));
  history.stateAt(64).nodes.clear();
  assertEquals(history.stateAt(64).nodes.size, 65);
  assertEquals(history.stateAt(129).nodes.size, 130);
});

Deno.test("a message out of the log has the latest time that it speaks of", () => {
  const history = new FlowHistory("f");
  history.push(node("a", { startedAt: 100, meta: { since: "1970-01-01T00:00:00.300Z" } }));
  history.push(node("b", { startedAt: 200 }));
  history.push(node("c", { startedAt: 400, endedAt: 500 }));
  history.push({ type: "delete-nodes", ids: ["a"] });
  assertEquals([0, 1, 2, 3].map((at) => history.timeAt(at)), [300, 300, 500, 500]);
});

Deno.test("a time leads to the last message that had come by then", () => {
  fc.assert(fc.property(fc.array(fc.nat(1_000)), fc.nat(1_000), (times, time) => {
    const history = new FlowHistory("f");
    for (const at of times.toSorted((a, b) => a - b)) history.push(node("a"), at);
    const index = history.indexAt(time);
    assert(index < 0 || (history.timeAt(index) ?? 0) <= time);
    assert((history.timeAt(index + 1) ?? Infinity) > time);
  }));
});
