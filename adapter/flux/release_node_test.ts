import { assertEquals } from "@std/assert";
import { type HelmChart, readHelmChart } from "./helm_chart.ts";
import { objectRelationships } from "./object_node.ts";
import { releaseNode } from "./release_node.ts";
import { releaseStatus } from "./status.ts";
import { at, condition, ready, release, type ReleaseParts } from "./testing/release.ts";

const settings = {
  flowId: "dep-1",
  regionKey: "fsn1",
  namespaces: ["flux-system"],
  kinds: ["HelmRelease", "HelmChart"],
} as const;

function node(parts: ReleaseParts, chart?: HelmChart) {
  const object = release(parts);
  return releaseNode(settings, object, releaseStatus(object), chart);
}

Deno.test("a node says everything that is known about its release", () => {
  const chart = readHelmChart({
    metadata: { namespace: "flux-system", name: "flux-system-bp-gitea" },
    status: {
      conditions: [condition("Ready", "True", "ChartPullSucceeded", "pulled 'gitea'")],
      artifact: { revision: "9.1.0" },
    },
  });
  const gitea = node({
    name: "bp-gitea",
    spec: { dependsOn: [{ name: "bp-cnpg" }, { name: "bp-vault", namespace: "security" }] },
    conditions: [
      ready("False", "DependencyNotReady", "dependency 'security/bp-vault' is not ready"),
    ],
    status: { failures: 2, lastAttemptedRevision: "9.1.0" },
  }, chart);
  assertEquals(gitea, {
    id: "fsn1/bp-gitea",
    flowId: "dep-1",
    label: "bp-gitea",
    status: "pending",
    family: "gitea",
    region: "fsn1",
    meta: {
      kind: "HelmRelease",
      namespace: "flux-system",
      state: "blocked",
      reason: "DependencyNotReady",
      message: "dependency 'security/bp-vault' is not ready",
      since: at("18:05:00"),
      blockedBy: ["fsn1/security/bp-vault"],
      attempts: 2,
      revision: "9.1.0",
      chart: "loki",
      source: {
        kind: "HelmChart",
        name: "flux-system-bp-gitea",
        ready: true,
        reason: "ChartPullSucceeded",
        message: "pulled 'gitea'",
        revision: "9.1.0",
      },
    },
  });
});

Deno.test("a release that waits for its source says why", () => {
  const chart = readHelmChart({
    metadata: { namespace: "charts", name: "flux-system-bp-loki" },
    status: { conditions: [condition("Ready", "False", "ChartPullFailed", "no such host")] },
  });
  const { meta } = node({
    conditions: [ready("False", "SourceNotReady", "HelmChart is not ready")],
    status: { helmChart: "charts/flux-system-bp-loki" },
  }, chart);
  assertEquals(meta?.["state"], "waiting-source");
  assertEquals(meta?.["source"], {
    kind: "HelmChart",
    name: "flux-system-bp-loki",
    namespace: "charts",
    ready: false,
    reason: "ChartPullFailed",
    message: "no such host",
  });
});

Deno.test("a source that nobody watches is named and not judged", () => {
  const { meta } = node({ spec: { chartRef: { kind: "OCIRepository", name: "podinfo" } } });
  assertEquals(meta?.["source"], { kind: "OCIRepository", name: "podinfo" });
});

Deno.test("the family is the label, else the name without bp-", () => {
  const labels = { "catalyst.openova.io/family": "observability" };
  assertEquals(node({ labels }).family, "observability");
  assertEquals(node({ labels: { "catalyst.openova.io/family": "  " } }).family, "loki");
  assertEquals(node({ name: "bp-cert-manager" }).family, "cert-manager");
  assertEquals(node({ name: "catalyst-platform" }).family, "catalyst-platform");
  assertEquals(node({ name: "bp-" }).family, "bp-");
});

Deno.test("retrying and drifted are also flags", () => {
  const retrying = node({
    conditions: [
      condition("Reconciling", "True", "ProgressingWithRetry", "retrying after 5m0s"),
      ready("False", "UpgradeFailed"),
    ],
  });
  assertEquals([retrying.status, retrying.meta?.["retrying"]], ["failed", true]);
  const drifted = node({
    conditions: [ready("True", "InstallSucceeded"), condition("Drifted", "True", "DriftDetected")],
  });
  assertEquals([drifted.status, drifted.meta?.["drifted"]], ["succeeded", true]);
});

Deno.test("a release is contained in its region and follows each dependency on its success", () => {
  const names = ["bp-a", "bp-b", "bp-c", "bp-d", "bp-e", "bp-f"];
  const object = release({
    name: "bp-x",
    spec: { dependsOn: names.map((name) => ({ name })) },
  });
  assertEquals(objectRelationships(settings, object, undefined, "fsn1", () => true), [
    { fromId: "fsn1/bp-x", toId: "fsn1", type: "contains" },
    ...names.map((name) => ({
      fromId: `fsn1/${name}`,
      toId: "fsn1/bp-x",
      type: "finish-to-start" as const,
      condition: "on-success" as const,
    })),
  ]);
});

Deno.test("the namespace of a dependency counts, and one that does not exist has no edge", () => {
  const object = release({
    name: "bp-x",
    spec: { dependsOn: [{ name: "bp-a", namespace: "media" }, { name: "bp-b" }] },
  });
  const nodes = new Set(["media/fsn1/bp-a", "fsn1/media/bp-a"]);
  assertEquals(
    objectRelationships(settings, object, undefined, "fsn1", (id) => nodes.has(id)).slice(1)
      .map((edge) => edge.fromId),
    ["fsn1/media/bp-a"],
  );
});
