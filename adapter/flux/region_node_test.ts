import { assert, assertEquals } from "@std/assert";
import type { FlowNode } from "../../contracts/flow.ts";
import { isRegionNode } from "../../contracts/region.ts";
import { regionNode } from "./region_node.ts";
import { at, release } from "./testing/release.ts";

const settings = { flowId: "dep-1", regionKey: "fsn1" };

function node(name: string, status: string, endedAt?: number): FlowNode {
  const more = endedAt === undefined ? {} : { endedAt };
  return { id: `fsn1/${name}`, flowId: "dep-1", label: name, status, region: "fsn1", ...more };
}

Deno.test("a region without releases is pending", () => {
  assertEquals(regionNode(settings, [], []), {
    id: "fsn1",
    flowId: "dep-1",
    label: "fsn1",
    status: "pending",
    family: "region",
    region: "fsn1",
    meta: { kind: "Region", counts: { total: 0, pending: 0, running: 0, succeeded: 0, failed: 0 } },
  });
});

Deno.test("a region began with its oldest release and goes on while one is to move", () => {
  const releases = [
    release({ name: "bp-b", createdAt: "2026-11-20T18:30:00Z" }),
    release({ name: "bp-a", createdAt: "2026-11-20T18:10:00Z" }),
  ];
  const nodes = [node("bp-a", "failed", 1_000), node("bp-b", "pending")];
  const { status, startedAt, endedAt, meta } = regionNode(settings, releases, nodes);
  assertEquals([status, startedAt, endedAt], ["failed", at("18:10:00"), undefined]);
  assertEquals(meta?.["counts"], { total: 2, pending: 1, running: 0, succeeded: 0, failed: 1 });
});

Deno.test("a region has ended with the last of its releases", () => {
  const nodes = [node("bp-a", "succeeded", 2_000), node("bp-b", "failed", 1_000)];
  const { status, endedAt } = regionNode(settings, [release()], nodes);
  assertEquals([status, endedAt], ["failed", 2_000]);
});

Deno.test("a region node is known by its family and its name", () => {
  const region = regionNode(settings, [], []);
  assert(isRegionNode(region));
  assert(!isRegionNode({ ...region, family: "loki" }));
  assert(!isRegionNode({ ...region, id: "fsn1/region" }));
});
