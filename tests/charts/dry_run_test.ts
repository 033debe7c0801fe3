import { assert, assertEquals } from "@std/assert";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { KubeApiError } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { namespace, serviceAccount } from "../cluster/rbac.ts";
import { bootstrapManifests } from "./bootstrap.ts";
import { CASES } from "./cases.ts";
import { restricted, startCluster } from "./cluster.ts";
import { createHelm, objectsIn } from "./helm.ts";

/**
 * Has the API server validate an object as if it were applied, unknown and doubled fields refused.
 *
 * @returns what it refused, or undefined
 */
async function refusal({ admin }: ControlPlane, object: KubeObject): Promise<string | undefined> {
  const query = "dryRun=All&fieldManager=headrace-tests&force=true&fieldValidation=Strict";
  try {
    await admin.request(`${await admin.pathOf(object)}?${query}`, {
      method: "PATCH",
      body: object,
      contentType: "application/apply-patch+yaml",
    });
    return undefined;
  } catch (error) {
    if (error instanceof KubeApiError) return error.message;
    throw error;
  }
}

Deno.test("the API server takes every document of every case, strictly", async (t) => {
  await using helm = await createHelm();
  await using cluster = await startCluster();
  const { plane } = cluster;
  await plane.apply(
    restricted("headrace"),
    ...["monitoring", "knative-serving", "flux-system", "apps", "catalyst-system"].map(namespace),
    // Admission looks up the account of each pod, which a dry run does not make.
    ...[
      "flows",
      "rollout-headrace-server",
      "rollout-headrace-adapter",
      "openova-flow-emitter",
      "rollout-headrace-operator",
      "rollout-headrace-operator-hub",
    ].map((name) => serviceAccount({ namespace: "headrace", name })),
  );

  for (const { chart, name, values, apiVersions = [] } of CASES) {
    await t.step(`${chart}: ${name}`, async () => {
      const { ok, stdout, stderr } = await helm.template(chart, values, { apiVersions });
      assert(ok, stderr);
      for (const object of objectsIn(stdout)) {
        assertEquals(await refusal(plane, object), undefined);
      }
    });
  }

  await t.step("bootstrap slots, with their variables replaced", async () => {
    const objects = await bootstrapManifests({
      SOVEREIGN_FQDN: "example.org",
      SOVEREIGN_DEPLOYMENT_ID: "dep-1",
      SOVEREIGN_REGION_KEY: "fsn1",
    });
    assert(objects.length >= 4);
    for (const object of objects) assertEquals(await refusal(plane, object), undefined);
  });

  await t.step("a misspelt field and an insecure pod would have been refused", async () => {
    const meta = { name: "x", namespace: "headrace" };
    const pod = { containers: [{ name: "a", image: "a" }] };
    const wrong: KubeObject[] = [
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: meta,
        spec: { ports: [{ prot: 1, port: 2 }] },
      },
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata: meta,
        spec: { selector: {}, endpoints: [{ portName: "http" }] },
      },
      { apiVersion: "v1", kind: "Pod", metadata: meta, spec: pod },
    ];
    for (const object of wrong) assert(await refusal(plane, object) !== undefined, object.kind);
  });
});
