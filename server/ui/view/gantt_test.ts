import { assertEquals } from "@std/assert";
import { emptyFlowState, foldInto } from "../../../contracts/fold.ts";
import type { FlowNode } from "../../../contracts/flow.ts";
import { boardOf } from "./board.ts";
import { ganttOf, spanOf } from "./gantt.ts";
import { NO_FILTER } from "./row_filter.ts";

function lanes(start: number, end: number, ...nodes: Partial<FlowNode>[]) {
  const state = emptyFlowState("f");
  foldInto(state, {
    type: "upsert-nodes",
    nodes: nodes.map((it, at) => ({
      id: `n${at}`,
      flowId: "f",
      label: "",
      status: "running",
      ...it,
    })),
  });
  const board = boardOf(state, { filter: NO_FILTER, sorting: undefined }, end);
  return ganttOf(board, start, end);
}
const spans = (...args: Parameters<typeof lanes>) =>
  lanes(...args).flatMap(({ bars }) => bars.map(({ row, span }) => [row.id, span]));

Deno.test("the span holds all runs, and never is nothing", () => {
  const span = (start: number, end: number, ...begun: number[]) => {
    const state = emptyFlowState("f");
    foldInto(state, {
      type: "upsert-nodes",
      nodes: begun.map((startedAt, at) => ({
        id: `n${at}`,
        flowId: "f",
        label: "",
        status: "running",
        startedAt,
      })),
    });
    return spanOf(boardOf(state, { filter: NO_FILTER, sorting: undefined }, end), start, end);
  };
  assertEquals(span(100, 300, 150), { first: 100, whole: 200 });
  assertEquals(span(100, 300, 50, 150), { first: 50, whole: 250 });
  assertEquals(span(0, 300), { first: 300, whole: 1 });
});

Deno.test("a bar goes from a node's start to its end, as a share of the flow's time", () => {
  assertEquals(spans(100, 300, { startedAt: 150, endedAt: 200, status: "succeeded" }), [
    ["n0", { start: 0.25, share: 0.25 }],
  ]);
});

Deno.test("what runs reaches to now, what has not begun has no bar and comes last", () => {
  assertEquals(spans(100, 200, { status: "pending" }, { startedAt: 150 }), [
    ["n1", { start: 0.5, share: 0.5 }],
    ["n0", undefined],
  ]);
});

Deno.test("a node that began before its flow widens the span, a clock ahead breaks nothing", () => {
  assertEquals(spans(100, 200, { startedAt: 0 }, { startedAt: 250 }), [
    ["n0", { start: 0, share: 1 }],
    ["n1", { start: 1, share: 0 }],
  ]);
});

Deno.test("regions keep their order", () => {
  assertEquals(lanes(1, 2, { region: "b" }, { region: "a" }).map(({ title }) => title), ["a", "b"]);
});
