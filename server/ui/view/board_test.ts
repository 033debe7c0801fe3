import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { emptyFlowState, foldInto } from "../../../contracts/fold.ts";
import { flowMessages } from "../../../contracts/testing/arbitraries.ts";
import { FLOW, node, stateOf } from "../testing/rows.ts";
import { boardOf, type Looks } from "./board.ts";
import { NO_FILTER } from "./row_filter.ts";

const looks: Looks = { filter: NO_FILTER, sorting: undefined };
const inRegion = (region: string, name: string, status: string) =>
  node(`${region}/${name}`, status, { region });

Deno.test("each region has its table, by name, with the failed first", () => {
  const state = stateOf(
    inRegion("hel1", "a", "running"),
    inRegion("fsn1", "b", "succeeded"),
    inRegion("fsn1", "c", "failed"),
    node("loose", "pending"),
  );
  const board = boardOf(state, looks, 0);
  assertEquals(
    board.sections.map(({ title, rows }) => [title, ...rows.map(({ label }) => label)]),
    [["fsn1", "c", "b"], ["hel1", "a"], ["No region", "loose"]],
  );
  assertEquals(board.counts.total, 4);
});

Deno.test("nodes without any region need no heading", () => {
  assertEquals(boardOf(stateOf(node("a", "running")), looks, 0).sections[0]?.title, "");
});

for (
  const [how, more] of [
    ["names itself as its region", { region: "fsn1" }],
    ["has the family region", { family: "region" }],
    ["is named by other nodes", {}],
  ] as const
) {
  Deno.test(`a region's own node is the heading and not counted when it ${how}`, () => {
    const region = { ...node("fsn1", "failed", more), label: "Falkenstein" };
    const board = boardOf(stateOf(region, inRegion("fsn1", "a", "running")), looks, 0);
    assertEquals(board.sections.map(({ title }) => title), ["Falkenstein"]);
    assertEquals(board.counts, board.sections[0]!.counts);
    assertEquals([board.counts.total, board.counts.failed], [1, 0]);
  });
}

Deno.test("a region that has only its own node yet is there, empty", () => {
  const board = boardOf(stateOf(node("fsn1", "pending", { region: "fsn1" })), looks, 0);
  assertEquals(board.sections.map(({ title, rows }) => [title, rows.length]), [["fsn1", 0]]);
});

Deno.test("a filter leaves the counts as they are", () => {
  const state = stateOf(inRegion("fsn1", "a", "failed"), inRegion("fsn1", "b", "running"));
  const board = boardOf(state, { ...looks, filter: { ...NO_FILTER, text: "fsn1/b" } }, 0);
  assertEquals([board.shown, board.counts.total, board.sections[0]?.counts.failed], [1, 2, 1]);
});

Deno.test("whatever is folded, every node is in one table or a heading of one", () => {
  fc.assert(fc.property(fc.array(flowMessages, { maxLength: 10 }), (messages) => {
    const state = emptyFlowState(FLOW);
    for (const message of messages) foldInto(state, message);
    const { sections, rows, counts, shown } = boardOf(state, looks, 0);
    const keys = sections.flatMap((section) => section.rows.map(({ key }) => key));
    assertEquals(new Set(keys).size, keys.length);
    assertEquals([keys.length, rows.length, shown], [counts.total, counts.total, counts.total]);
    for (const key of keys) assert(state.nodes.has(key));
    assert(keys.length <= state.nodes.size);
  }));
});
