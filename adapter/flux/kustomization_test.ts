import { assertEquals } from "@std/assert";
import { readKustomization } from "./kustomization.ts";
import { entry, kustomization, REVISION } from "./testing/kustomization.ts";
import { at, ready } from "./testing/release.ts";

Deno.test("everything that the map needs is read", () => {
  const object = kustomization({
    name: "apps",
    namespace: "team",
    generation: 4,
    labels: { "catalyst.openova.io/family": "web" },
    spec: {
      suspend: true,
      dependsOn: [{ name: "infra" }, { name: "crds", namespace: "flux-system" }],
      sourceRef: { kind: "OCIRepository", name: "apps", namespace: "flux-system" },
    },
    conditions: [ready("True", "ReconciliationSucceeded")],
    status: {
      lastAppliedRevision: REVISION,
      lastAttemptedRevision: "main@sha1:0000000",
      inventory: {
        entries: [
          entry("HelmRelease", "bp-a", "team"),
          entry("Kustomization", "tenants"),
          { id: "team_web_apps_Deployment", v: "v1" },
          { id: "_team__Namespace", v: "v1" },
          // Somebody else's kind of the same name.
          { id: "team_x_example.io_Bucket", v: "v1" },
        ],
      },
      history: [{
        digest: "sha256:1",
        firstReconciled: "2026-11-20T18:04:00Z",
        lastReconciled: "2026-11-20T18:09:00Z",
        lastReconciledStatus: "ReconciliationSucceeded",
        totalReconciliations: 2,
      }],
    },
  });
  const { conditions, createdAt, deletedAt, uid, ...rest } = object;
  assertEquals([conditions.length, createdAt, deletedAt], [1, at("18:00:00"), undefined]);
  assertEquals(uid, "uid-of-Kustomization-team-apps");
  assertEquals(rest, {
    kind: "Kustomization",
    name: "apps",
    namespace: "team",
    generation: 4,
    family: "web",
    suspended: true,
    dependsOn: [
      { namespace: "team", name: "infra" },
      { namespace: "flux-system", name: "crds" },
    ],
    source: { kind: "OCIRepository", namespace: "flux-system", name: "apps" },
    path: "./apps",
    observedGeneration: 4,
    revision: "main@sha1:0000000",
    appliedRevision: REVISION,
    latest: { outcome: "ReconciliationSucceeded", since: at("18:04:00") },
    inventorySize: 5,
    inventory: [
      { kind: "HelmRelease", namespace: "team", name: "bp-a" },
      { kind: "Kustomization", namespace: "flux-system", name: "tenants" },
    ],
  });
});

Deno.test("an outcome that has come back is in force since the one in between", () => {
  const snapshot = (outcome: string, first: string, last: string) => ({
    firstReconciled: `2026-11-20T${first}Z`,
    lastReconciled: `2026-11-20T${last}Z`,
    lastReconciledStatus: outcome,
  });
  const { latest } = kustomization({
    status: {
      history: [
        snapshot("ReconciliationSucceeded", "12:00:00", "18:10:00"),
        snapshot("HealthCheckFailed", "18:00:00", "18:05:00"),
      ],
    },
  });
  assertEquals(latest, { outcome: "ReconciliationSucceeded", since: at("18:05:00") });
});

Deno.test("what has no expected shape counts as absent, an object without a name as none", () => {
  const object = kustomization({
    spec: { sourceRef: { name: "no-kind" }, dependsOn: "infra", path: 1 },
    status: { inventory: { entries: [null, {}, { id: 1 }, { id: "junk" }] }, history: [{}] },
  });
  assertEquals(
    [object.source, object.dependsOn, object.path, object.inventory, object.latest],
    [undefined, [], undefined, [], undefined],
  );
  for (const junk of [null, "x", {}, { metadata: { name: "" } }]) {
    assertEquals(readKustomization(junk), undefined);
  }
});
