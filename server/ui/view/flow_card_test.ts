import { assertEquals } from "@std/assert";
import { node, stateOf } from "../testing/rows.ts";
import { ageText, byStart, cardOf, type FlowCard, progressText, regionsText } from "./flow_card.ts";

const card = (more: Partial<FlowCard> = {}): FlowCard => ({
  id: "f",
  status: "running",
  phase: "running",
  nodes: 0,
  startedAt: undefined,
  endedAt: undefined,
  ...more,
});

Deno.test("a card counts the nodes of all regions, but not the regions themselves", () => {
  const { counts, regions, nodes } = cardOf(stateOf(
    node("fsn1", "running", { family: "region", label: "Falkenstein" }),
    node("fsn1/a", "failed", { region: "fsn1" }),
    node("hel1/a", "succeeded", { region: "hel1" }),
    node("loose", "pending"),
  ));
  assertEquals(regions, ["Falkenstein", "hel1"]);
  assertEquals([nodes, counts?.failed, counts?.succeeded, counts?.pending], [3, 1, 1, 1]);
});

Deno.test("what started last comes first, equal ones by their name", () => {
  const ids = [card({ id: "b" }), card({ id: "late", startedAt: 9 }), card({ id: "a" })]
    .sort(byStart).map(({ id }) => id);
  assertEquals(ids, ["late", "a", "b"]);
});

Deno.test("a card says how far its flow is, in which regions, and for how long", () => {
  assertEquals(progressText(card()), "No nodes yet");
  assertEquals(progressText(card({ nodes: 1 })), "1 node");
  assertEquals(progressText(cardOf(stateOf(node("a", "failed")))), "0 of 1 done · 1 failed");
  const regions = (count: number) =>
    regionsText(card({ regions: Array.from({ length: count }, (_, at) => `r${at}`) }));
  assertEquals(regions(2), "r0 · r1");
  assertEquals(regions(5), "r0 · r1 · r2 · r3 · r4", "one more has as much room as its number");
  assertEquals(regions(9), "r0 · r1 · r2 · r3 · 5 more");
  assertEquals(ageText(card(), 9_000), "");
  assertEquals(ageText(card({ startedAt: 1_000 }), 9_000), "for 8s");
  assertEquals(ageText(card({ startedAt: 1_000, endedAt: 3_000 }), 9_000), "took 2s, 6s ago");
});
