import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { emptyFlowState, type FlowState, foldInto } from "../../contracts/fold.ts";
import { mapRegion, type RegionMap, type RegionSettings } from "./map_region.ts";
import { compareWithRouter } from "./region_freshness.ts";
import { versionsOf } from "./region_versions.ts";
import { ready, release } from "./testing/release.ts";

const settings: RegionSettings = {
  flowId: "dep-1",
  regionKey: "fsn1",
  namespaces: ["flux-system"],
  kinds: ["HelmRelease", "HelmChart"],
  statusMapping: "flux",
};

/** A map of one release, of a time when the releases were listed and last changed. */
function map(told: string, complete = told, reason = "InstallSucceeded"): RegionMap {
  const releases = [release({ conditions: [ready("True", reason)] })];
  const knowledge = { told: { HelmRelease: told }, complete: { HelmRelease: complete } };
  return mapRegion({ releases, charts: [], knowledge }, settings);
}

/** A router that has a map. */
function routerWith({ flow, nodes, relationships }: RegionMap): FlowState {
  const state = emptyFlowState("dep-1");
  foldInto(state, {
    type: "snapshot",
    flow,
    nodes: [...nodes],
    relationships: [...relationships],
  });
  return state;
}

Deno.test("a router that has nothing, or nothing newer, is to have the map", () => {
  const ours = map("10");
  const empty = compareWithRouter(ours, emptyFlowState("dep-1"));
  assert("part" in empty);
  assertStrictEquals(empty.part, ours);
  const older = compareWithRouter(ours, routerWith(map("9")));
  assert("part" in older);
  assertStrictEquals(older.part, ours);
});

Deno.test("a map of older knowledge is behind, and says of what", () => {
  assertEquals(compareWithRouter(map("9"), routerWith(map("10"))), {
    behind: ["HelmRelease"],
    versions: { HelmRelease: "10" },
  });
});

Deno.test("what counts is what is known, not what was last heard of", () => {
  // The last that we heard of was 9, and since then nothing happened up to 12.
  const compared = compareWithRouter(map("9", "12"), routerWith(map("10")));
  assert("part" in compared);
  // Two that saw the same in different portions do not correct each other for ever.
  assertEquals(versionsOf(compared.part.nodes[0]), { HelmRelease: "10" });
  assertEquals(compared.part.nodes.slice(1), map("9").nodes.slice(1));
});

Deno.test("a change of what is shown carries the versions that it was made of", () => {
  const before = map("10");
  const releases = [release({ conditions: [ready("False", "UpgradeFailed")] })];
  const knowledge = { told: { HelmRelease: "11" }, complete: { HelmRelease: "11" } };
  const after = mapRegion({ releases, charts: [], knowledge }, settings, before);
  assertEquals(versionsOf(after.nodes[0]), { HelmRelease: "11" });
});

Deno.test("what changes nothing that is shown leaves the whole map as it was", () => {
  const before = map("10");
  const releases = [release({ conditions: [ready("True", "InstallSucceeded")] })];
  const knowledge = { told: { HelmRelease: "11" }, complete: { HelmRelease: "15" } };
  const after = mapRegion({ releases, charts: [], knowledge }, settings, before);
  assertEquals([after.nodes, after.complete], [before.nodes, { HelmRelease: "15" }]);
  for (const [i, node] of after.nodes.entries()) assertStrictEquals(node, before.nodes[i]);
  assertStrictEquals(after.relationships, before.relationships);
});
