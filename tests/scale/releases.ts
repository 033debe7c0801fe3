import type { KubeClient } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";

/** How many requests are under way at a time: an API server of one core takes no more. */
const PARALLEL = 16;

/** Releases in one namespace. */
const PER_NAMESPACE = 100;

/** What a release of the field carries beside what we read: values, inventory, history. */
const INVENTORY = 25;
const HISTORY = 5;

/** The namespaces that hold this many releases. */
export function namespacesFor(count: number): string[] {
  return Array.from({ length: Math.ceil(count / PER_NAMESPACE) }, (_, i) => `team-${i}`);
}

/** The `index`-th release, about as large as one of the field: 5.5 KB of JSON. */
export function bigRelease(index: number): KubeObject {
  const name = `app-${index}`;
  const before = index % PER_NAMESPACE;
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name, namespace: `team-${Math.floor(index / PER_NAMESPACE)}` },
    spec: {
      interval: "5m",
      chart: { spec: { chart: "mill", sourceRef: { kind: "HelmRepository", name: "lab" } } },
      // Chains of ten.
      ...(before % 10 === 0 ? {} : { dependsOn: [{ name: `app-${index - 1}` }] }),
      values: Object.fromEntries(
        Array.from(
          { length: 30 },
          (_, i) => [`setting${i}`, { enabled: true, text: `${name}-${i}` }],
        ),
      ),
    },
  };
}

/** The status of a release that is installed, at its `revision`-th upgrade. */
export function installedStatus(name: string, revision: number): Record<string, unknown> {
  const at = new Date(Date.UTC(2026, 0, 1) + revision * 60_000).toISOString().slice(0, 19) + "Z";
  const chart = `1.0.${revision}`;
  const condition = (type: string, reason: string) => ({
    type,
    status: "True",
    reason,
    message:
      `Helm upgrade succeeded for release apps/${name}.v${revision} with chart mill@${chart}`,
    lastTransitionTime: at,
    observedGeneration: 1,
  });
  return {
    observedGeneration: 1,
    conditions: [condition("Ready", "UpgradeSucceeded"), condition("Released", "UpgradeSucceeded")],
    lastAttemptedRevision: chart,
    history: Array.from({ length: HISTORY }, (_, i) => ({
      name,
      namespace: "apps",
      version: revision + HISTORY - i,
      chartName: "mill",
      chartVersion: chart,
      configDigest: `sha256:${"0".repeat(64)}`,
      digest: `sha256:${"1".repeat(64)}`,
      firstDeployed: at,
      lastDeployed: at,
      deleted: null,
      status: i === 0 ? "deployed" : "superseded",
    })),
    inventory: {
      entries: Array.from({ length: INVENTORY }, (_, i) => ({
        id: `apps_${name}-part-${i}_apps_Deployment`,
        v: "v1",
      })),
    },
  };
}

/** Makes the releases, installed. */
export async function createReleases(admin: KubeClient, count: number): Promise<void> {
  await eachOf(namespacesFor(count), async (name) => {
    await admin.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  await eachOf(Array.from({ length: count }, (_, i) => i), async (index) => {
    const created = await admin.create(bigRelease(index));
    await admin.patch(created, { status: installedStatus(created.metadata.name, 1) }, "status");
  });
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  // All workers draw from one iterator.
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    for (const item of rest) await work(item);
  }));
}
