import { createKubeClient } from "../../kube/client.ts";
import { loadClusterConfig } from "../../kube/config.ts";
import { listPages } from "../../kube/list_pages.ts";
import { systemClock } from "../../contracts/clock.ts";
import type { KubeObject } from "../../kube/resources.ts";
import { FaultyFetch } from "../../kube/testing/faulty_fetch.ts";
import { reflectorScenarios } from "../../kube/testing/reflector_scenarios.ts";
import { startControlPlane } from "./control_plane.ts";
import { namespace } from "./rbac.ts";
import { waitFor } from "./wait_for.ts";

const GVR = { group: "helm.toolkit.fluxcd.io", version: "v2", resource: "helmreleases" };

Deno.test("reflector scenarios against a real kube-apiserver", async (t) => {
  await using plane = await startControlPlane();
  const path = await plane.writeKubeconfig(
    "admin",
    plane.accessFor("scenarios", ["system:masters"]),
  );
  using client = createKubeClient(
    await loadClusterConfig({ kubeconfig: path, env: () => undefined }),
  );
  let changes = 0;
  for (const [i, { name, run }] of reflectorScenarios.entries()) {
    await t.step(name, async () => {
      const ns = `scenario-${i}`;
      await plane.apply(namespace(ns));
      const release = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
        apiVersion: "helm.toolkit.fluxcd.io/v2",
        kind: "HelmRelease",
        metadata: { name, namespace: ns, labels: { ...labels } },
        spec: {
          interval: "5m",
          chart: { spec: { chart: "mill", sourceRef: { kind: "HelmRepository", name: "lab" } } },
          values: { change: ++changes },
        },
      });
      const list = async () => {
        const objects: KubeObject[] = [];
        const { signal } = new AbortController();
        for await (
          const page of listPages({
            fetch: client.fetch,
            gvr: GVR,
            namespace: ns,
            timeoutMs: 30_000,
            clock: systemClock,
            signal,
          })
        ) objects.push(...page.items);
        return objects;
      };
      const faults = new FaultyFetch(client.fetch);
      await run({
        fetch: faults.fetch,
        gvr: GVR,
        namespace: ns,
        faults,
        list,
        put: async (name, labels) => {
          await plane.admin.apply(release(name, labels));
        },
        remove: async (name) => {
          await plane.admin.remove(release(name));
          await waitFor(
            "the object to be gone",
            async () => !(await list()).some(({ metadata }) => metadata.name === name),
          );
        },
      });
    });
  }
});
