import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readHelmChart } from "./helm_chart.ts";
import type { HelmRelease } from "./helm_release.ts";
import type { Kustomization } from "./kustomization.ts";
import {
  mapRegion,
  type RegionMap,
  type RegionObjects,
  type RegionSettings,
} from "./map_region.ts";
import { ownershipOf } from "./ownership.ts";
import { entry, kustomization, REVISION, source } from "./testing/kustomization.ts";
import { ready, release } from "./testing/release.ts";

const settings: RegionSettings = {
  flowId: "dep-1",
  regionKey: "fsn1",
  namespaces: ["flux-system"],
  kinds: ["HelmRelease", "HelmChart", "HelmRepository", "GitRepository", "Kustomization"],
  statusMapping: "flux",
};

function map(objects: Partial<RegionObjects>, more: Partial<RegionSettings> = {}): RegionMap {
  return mapRegion({ releases: [], charts: [], ...objects }, { ...settings, ...more });
}

const edges = ({ relationships }: RegionMap) =>
  relationships.map(({ fromId, type, toId }) => `${fromId} ${type} ${toId}`);
const metaOf = ({ nodes }: RegionMap, id: string) => nodes.find((node) => node.id === id)?.meta;

Deno.test("a cluster of several kinds is one tree, and each node follows what it needs", () => {
  const region = map({
    releases: [release({
      name: "bp-a",
      spec: { chart: { spec: { sourceRef: { kind: "HelmRepository", name: "charts" } } } },
    })],
    kustomizations: [
      kustomization({
        name: "apps",
        spec: { dependsOn: [{ name: "infra" }, { name: "gone" }] },
        status: { inventory: { entries: [entry("HelmRelease", "bp-a")] } },
      }),
      kustomization({ name: "infra" }),
    ],
    sources: [
      source("GitRepository", { name: "flux-system" }),
      source("HelmRepository", { name: "charts" }),
    ],
  });
  assertEquals(region.nodes.map(({ id }) => id), [
    "fsn1",
    "fsn1/GitRepository/flux-system",
    "fsn1/HelmRepository/charts",
    "fsn1/Kustomization/apps",
    "fsn1/Kustomization/infra",
    "fsn1/bp-a",
  ]);
  assertEquals(edges(region), [
    "fsn1/GitRepository/flux-system contains fsn1",
    "fsn1/HelmRepository/charts contains fsn1",
    "fsn1/Kustomization/apps contains fsn1",
    "fsn1/Kustomization/infra finish-to-start fsn1/Kustomization/apps",
    "fsn1/GitRepository/flux-system finish-to-start fsn1/Kustomization/apps",
    "fsn1/Kustomization/infra contains fsn1",
    "fsn1/GitRepository/flux-system finish-to-start fsn1/Kustomization/infra",
    "fsn1/bp-a contains fsn1/Kustomization/apps",
    "fsn1/HelmRepository/charts finish-to-start fsn1/bp-a",
  ]);
  const owns = ownershipOf("dep-1", "fsn1");
  assertEquals(region.nodes.every(owns.node), true);
  assertEquals(region.relationships.every(owns.relationship), true);
});

Deno.test("objects of one name and different kinds are different nodes", () => {
  const region = map({
    releases: [release({ name: "apps" })],
    kustomizations: [kustomization({ name: "apps", spec: { dependsOn: [{ name: "apps-base" }] } })],
  });
  assertEquals(region.nodes.map(({ id }) => id), ["fsn1", "fsn1/Kustomization/apps", "fsn1/apps"]);
  // A dependency is of the same kind: the release of this name has nothing to do with it.
  const both = map({
    releases: [release({ name: "apps-base" })],
    kustomizations: [kustomization({ name: "apps", spec: { dependsOn: [{ name: "apps-base" }] } })],
  });
  assertEquals(edges(both).filter((edge) => edge.includes("finish")), []);
});

Deno.test("a release follows the repository of its chart, whoever names it", () => {
  const charts = [
    readHelmChart({
      metadata: { namespace: "flux-system", name: "shared" },
      spec: { sourceRef: { kind: "GitRepository", name: "fleet" } },
    })!,
  ];
  const sources = [source("GitRepository", { name: "fleet" })];
  const region = map({
    releases: [
      release({
        name: "bp-a",
        spec: { chart: undefined, chartRef: { kind: "HelmChart", name: "shared" } },
      }),
    ],
    charts,
    sources,
  });
  assertEquals(edges(region).at(-1), "fsn1/GitRepository/fleet finish-to-start fsn1/bp-a");
});

Deno.test("what waits for its source says for which, when sources are watched", () => {
  const objects = {
    kustomizations: [kustomization({
      conditions: [ready("False", "ArtifactFailed", "Source artifact not found, retrying in 30s")],
    })],
  };
  const id = "fsn1/Kustomization/apps";
  assertEquals(metaOf(map(objects), id)?.["blockedBy"], ["fsn1/GitRepository/flux-system"]);
  assertEquals(metaOf(map(objects, { kinds: ["Kustomization"] }), id)?.["blockedBy"], undefined);
});

Deno.test("a Kustomization says its revision, its path, its source and how much it applied", () => {
  const region = map({
    kustomizations: [kustomization({
      conditions: [ready("True", "ReconciliationSucceeded", "Applied")],
      status: {
        lastAppliedRevision: REVISION,
        inventory: { entries: [entry("HelmRelease", "bp-a"), { id: "a_b__ConfigMap" }] },
      },
    })],
  });
  const { since: _, ...meta } = metaOf(region, "fsn1/Kustomization/apps") ?? {};
  assertEquals(meta, {
    kind: "Kustomization",
    namespace: "flux-system",
    state: "succeeded",
    reason: "ReconciliationSucceeded",
    message: "Applied",
    revision: REVISION,
    path: "./apps",
    source: { kind: "GitRepository", name: "flux-system" },
    objects: 2,
  });
});

Deno.test("a source says its revision and where it is", () => {
  const region = map({
    sources: [source("GitRepository", {
      name: "fleet",
      labels: { "catalyst.openova.io/family": "gitops" },
      spec: { url: "https://git.example/fleet" },
      conditions: [ready("False", "GitOperationFailed", "no such host")],
      status: { artifact: { revision: REVISION } },
    })],
  });
  const node = region.nodes.at(-1);
  assertEquals([node?.status, node?.family, node?.meta?.["revision"], node?.meta?.["url"]], [
    "failed",
    "gitops",
    REVISION,
    "https://git.example/fleet",
  ]);
  assertEquals(region.flow.status, "failed");
});

const name = fc.constantFrom("a", "b", "c");
const change = fc.record({
  name,
  kind: fc.constantFrom("HelmRelease" as const, "Kustomization" as const),
  isThere: fc.boolean(),
  // Unknown may be held by what was said before, which is what a map that is kept up to date has.
  status: fc.constantFrom("True", "False"),
  dependsOn: fc.array(name, { maxLength: 2 }),
  applies: fc.array(name, { maxLength: 2 }),
});

Deno.test("a map that is kept up to date is the map that is made from the start", () => {
  fc.assert(fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
    const releases = new Map<string, HelmRelease>();
    const kustomizations = new Map<string, Kustomization>();
    let kept: RegionMap | undefined;
    for (const { name, kind, isThere, status, dependsOn, applies } of changes) {
      const conditions = [ready(status, "InstallFailed")];
      const spec = { dependsOn: dependsOn.map((name) => ({ name })) };
      const inventory = {
        entries: applies.flatMap((name) => [
          entry("HelmRelease", name),
          entry("Kustomization", name),
        ]),
      };
      if (kind === "HelmRelease") {
        if (isThere) releases.set(name, release({ name, conditions, spec }));
        else releases.delete(name);
      } else if (isThere) {
        kustomizations.set(name, kustomization({ name, conditions, spec, status: { inventory } }));
      } else kustomizations.delete(name);
      const objects = {
        releases: [...releases.values()],
        charts: [],
        kustomizations: [...kustomizations.values()],
      };
      const made = mapRegion(objects, settings);
      kept = mapRegion(objects, settings, kept);
      assertEquals(kept.nodes, made.nodes);
      assertEquals(kept.relationships, made.relationships);
      assertEquals([...kept.mapped.keys()], [...made.mapped.keys()]);
    }
  }));
});
