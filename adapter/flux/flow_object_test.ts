import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowNode } from "../../contracts/flow.ts";
import { flowInstances, flowNodes } from "../../contracts/testing/arbitraries.ts";
import { flowOf } from "./flow_object.ts";

function region(id: string, status: string, startedAt?: number, endedAt?: number): FlowNode {
  return {
    id,
    flowId: "dep-1",
    label: id,
    status,
    family: "region",
    region: id,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}

Deno.test("a flow is the worst of its regions and began with the first", () => {
  const flow = flowOf("dep-1", [
    region("fsn1", "succeeded", 2_000, 5_000),
    region("hel1", "running", 1_000),
  ]);
  assertEquals(flow, {
    id: "dep-1",
    status: "running",
    startedAt: 1_000,
    meta: { emittedBy: "headrace-adapter" },
  });
});

Deno.test("a flow has ended when all its regions have", () => {
  const regions = [region("fsn1", "succeeded", 2, 5), region("hel1", "succeeded", 1, 7)];
  const { status, endedAt } = flowOf("dep-1", regions);
  assertEquals([status, endedAt], ["succeeded", 7]);
});

Deno.test("a flow that goes on again has no end", () => {
  const ended = flowOf("dep-1", [region("fsn1", "succeeded", 2, 5)]);
  assertEquals(flowOf("dep-1", [region("fsn1", "running", 2)], ended).endedAt, undefined);
});

Deno.test("a flow without regions has not begun", () => {
  const { status, startedAt, endedAt } = flowOf("dep-1", []);
  assertEquals([status, startedAt, endedAt], ["pending", 0, undefined]);
});

Deno.test("nodes that are no regions do not count", () => {
  const other = { ...region("fsn1/bp-a", "failed", 1), region: "fsn1" };
  assertEquals(flowOf("dep-1", [other, region("fsn1", "running", 3)]).status, "running");
});

Deno.test("what others wrote into the flow is kept, also in its meta", () => {
  const current = {
    id: "dep-1",
    definitionId: "bootstrap",
    status: "pending",
    startedAt: 9,
    endedAt: 10,
    meta: { owner: "ops", emittedBy: "someone" },
  };
  assertEquals(flowOf("dep-1", [region("fsn1", "running", 3)], current), {
    id: "dep-1",
    definitionId: "bootstrap",
    status: "running",
    startedAt: 3,
    meta: { owner: "ops", emittedBy: "headrace-adapter" },
  });
});

Deno.test("deriving a flow again, from the nodes in any order, changes nothing", () => {
  const regions = fc.array(
    flowNodes.map((node) => ({ ...node, family: "region", region: node.id })),
  );
  fc.assert(fc.property(regions, flowInstances, (nodes, current) => {
    const once = flowOf("rollout", nodes, current);
    assertEquals(flowOf("rollout", [...nodes].reverse(), once), once);
  }));
});
