import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readFlowList } from "./flow_summary.ts";

Deno.test("readFlowList reads what the router lists, what started last first", () => {
  const list = readFlowList({
    flows: [
      { id: "bare", status: "odd", nodes: 0, startedAt: 0, updatedAt: 20, epoch: "a", seq: 4 },
      { id: "old", status: "succeeded", nodes: 3, startedAt: 5, endedAt: 9, updatedAt: 10 },
    ],
  });
  assertEquals(list, [
    {
      id: "old",
      status: "succeeded",
      phase: "succeeded",
      nodes: 3,
      startedAt: 5,
      endedAt: 9,
      updatedAt: 10,
    },
    {
      id: "bare",
      status: "odd",
      phase: "other",
      nodes: 0,
      startedAt: undefined,
      endedAt: undefined,
      updatedAt: 20,
    },
  ]);
});

Deno.test("readFlowList takes no other answer for a list, and stumbles over none", () => {
  assertEquals(readFlowList({ title: "Not Found" }), undefined);
  assertEquals(readFlowList({ flows: [null, {}, { id: 7 }, { id: "a" }] })?.length, 1);
  fc.assert(fc.property(fc.jsonValue(), (value) => void readFlowList(value)));
  fc.assert(fc.property(fc.jsonValue(), (value) => void readFlowList({ flows: [value] })));
});
