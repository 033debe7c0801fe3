import { assert, assertEquals } from "@std/assert";
import { readHelmRelease } from "./helm_release.ts";
import { at, condition, release, wireRelease } from "./testing/release.ts";

Deno.test("what matters of a release is read", () => {
  const object = release({
    name: "bp-loki",
    namespace: "observability",
    uid: "u1",
    generation: 3,
    labels: { "catalyst.openova.io/family": " logs " },
    spec: { suspend: true, dependsOn: [{ name: "bp-a" }, { name: "bp-b", namespace: "other" }] },
    conditions: [condition("Ready", "True", "InstallSucceeded", "done")],
    status: {
      failures: 2,
      helmChart: "charts/observability-bp-loki",
      lastAttemptedRevision: "1.4.2",
      history: [{ version: 1, lastDeployed: "2026-11-20T18:01:00Z", status: "deployed" }],
    },
  });
  assertEquals(object, {
    kind: "HelmRelease",
    name: "bp-loki",
    namespace: "observability",
    uid: "u1",
    generation: 3,
    createdAt: at("18:00:00"),
    deletedAt: undefined,
    family: "logs",
    suspended: true,
    dependsOn: [
      { namespace: "observability", name: "bp-a" },
      { namespace: "other", name: "bp-b" },
    ],
    chart: "loki",
    source: { kind: "HelmChart", namespace: "charts", name: "observability-bp-loki" },
    origin: undefined,
    observedGeneration: 3,
    conditions: [{
      type: "Ready",
      status: "True",
      reason: "InstallSucceeded",
      message: "done",
      observedGeneration: 1,
      lastTransitionTime: at("18:05:00"),
    }],
    history: [{ version: 1, lastDeployed: at("18:01:00") }],
    failures: 2,
    revision: "1.4.2",
  });
});

Deno.test("an object without a name is no release", () => {
  for (const junk of [null, 1, "x", [], {}, { metadata: {} }, { metadata: { name: "" } }]) {
    assertEquals(readHelmRelease(junk), undefined);
  }
});

Deno.test("blank and repeated dependencies are left out", () => {
  const dependsOn = [
    { name: "bp-a" },
    { name: " " },
    { namespace: "x" },
    { name: "bp-a", namespace: "flux-system" },
    null,
    "bp-b",
  ];
  assertEquals(release({ spec: { dependsOn } }).dependsOn, [
    { namespace: "flux-system", name: "bp-a" },
  ]);
});

Deno.test("the source is chartRef, else what the controller names, else what it will name", () => {
  const source = (spec: Record<string, unknown>, status: Record<string, unknown> = {}) =>
    release({ spec, status }).source;
  assertEquals(source({ chartRef: { kind: "OCIRepository", name: "podinfo" } }), {
    kind: "OCIRepository",
    namespace: "flux-system",
    name: "podinfo",
  });
  assertEquals(source({ chartRef: { kind: "HelmChart", name: "c", namespace: "charts" } }), {
    kind: "HelmChart",
    namespace: "charts",
    name: "c",
  });
  const made = { kind: "HelmChart", namespace: "flux-system", name: "flux-system-bp-loki" };
  assertEquals(source({}), made);
  assertEquals(source({}, { helmChart: "nonsense" }), made);
});

Deno.test("a field of an unexpected shape costs that field and nothing else", () => {
  const object = readHelmRelease({
    ...wireRelease({
      conditions: [condition("Ready", "True", "X")],
      status: { history: "none", failures: -3, observedGeneration: 1.5 },
    }),
    spec: { suspend: "yes", dependsOn: {}, chart: 7 },
  });
  assert(object !== undefined);
  assertEquals(object.conditions.length, 1);
  assertEquals([object.history, object.failures, object.observedGeneration], [[], 0, undefined]);
  assertEquals([object.suspended, object.dependsOn, object.chart], [false, [], undefined]);
});

Deno.test("a condition that is none is left out, one with a bad time keeps the rest", () => {
  const { conditions } = release({
    conditions: [
      { type: "Ready", status: "Maybe" },
      { type: "Ready", status: "True", lastTransitionTime: "soon" },
    ],
  });
  assertEquals(conditions, [{
    type: "Ready",
    status: "True",
    reason: "",
    message: "",
    lastTransitionTime: undefined,
  }]);
});
