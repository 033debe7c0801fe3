import { assertEquals } from "@std/assert";
import { mapRegion, type RegionMap } from "./flux/map_region.ts";
import { ready, release } from "./flux/testing/release.ts";
import { CONFIG } from "./testing/cluster_world.ts";
import { transitions } from "./transitions.ts";

function map(...statuses: [name: string, status: string, reason: string][]): RegionMap["mapped"] {
  const releases = statuses.map(([name, status, reason]) =>
    release({ name, conditions: [ready(status, reason, `why ${reason}`)] })
  );
  return mapRegion({ releases, charts: [] }, CONFIG).mapped;
}

Deno.test("new, changed and deleted releases are told in the order of their ids", () => {
  const before = map(["bp-b", "Unknown", "Progressing"], ["bp-c", "True", "InstallSucceeded"]);
  const after = map(["bp-b", "True", "InstallSucceeded"], ["bp-a", "False", "ValuesError"]);
  assertEquals(transitions(before, after), [
    { node: "fsn1/bp-a", to: "failed failed", reason: "ValuesError", message: "why ValuesError" },
    {
      node: "fsn1/bp-b",
      from: "running installing",
      to: "succeeded succeeded",
      reason: "InstallSucceeded",
      message: "why InstallSucceeded",
    },
    { node: "fsn1/bp-c", from: "succeeded succeeded", to: "deleted" },
  ]);
});

Deno.test("another reason for the same status is no transition", () => {
  const before = map(["bp-a", "False", "ValuesError"]);
  assertEquals(transitions(before, map(["bp-a", "False", "ArtifactFailed"])), []);
  assertEquals(transitions(before, before), []);
});
