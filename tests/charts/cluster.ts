/** A control plane with controllers, a node and what the charts find in a cluster. */
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { crdsServed } from "../cluster/crds.ts";
import { KubeApiError, type KubeClient } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { startControllers } from "./controllers.ts";
import { objectsIn } from "./helm.ts";

/** Kinds of others that our charts write, and that the control plane is taught. */
export const FOREIGN_CRDS = ["gateway", "monitoring", "knative", "cert-manager"] as const;

/** The one node. */
const NODE = "node-1";

/** A running cluster. Disposing ends its processes. */
export interface Cluster extends AsyncDisposable {
  readonly plane: ControlPlane;
  /** Kubeconfig of a user who may do everything. */
  readonly kubeconfig: string;
}

/** A namespace in which the API server itself enforces the restricted Pod Security Standard. */
export function restricted(name: string): KubeObject {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/** Starts a cluster with one node, with further flags for its API server. */
export async function startCluster(apiServerArgs: readonly string[] = []): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(
    await startControlPlane({
      crds: [
        "helmreleases.helm.toolkit.fluxcd.io",
        "helmcharts.source.toolkit.fluxcd.io",
        "helmrepositories.source.toolkit.fluxcd.io",
      ],
      apiServerArgs,
    }),
  );
  stack.use(await startControllers(plane));
  await applyForeignCrds(plane);
  await addNode(plane.admin, NODE);
  const user = "headrace-installer";
  const access = plane.accessFor(user, ["system:masters"]);
  const kubeconfig = await plane.writeKubeconfig(user, access);
  const owned = stack.move();
  return { plane, kubeconfig, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function applyForeignCrds(plane: ControlPlane): Promise<void> {
  const names: string[] = [];
  for (const file of FOREIGN_CRDS) {
    const text = await Deno.readTextFile(new URL(`./crds/${file}.yaml`, import.meta.url));
    for (const definition of objectsIn(text)) {
      await plane.apply(definition);
      names.push(definition.metadata.name);
    }
  }
  await crdsServed(plane.admin, names);
}

/** A ready node, as its kubelet and the node controller would make it. */
async function addNode(admin: KubeClient, name: string): Promise<void> {
  const node: KubeObject = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/os": "linux", "kubernetes.io/hostname": name } },
  };
  await admin.create(node);
  // Admission taints a new node until its kubelet reports.
  await admin.patch(node, { spec: { taints: null } });
  await admin.patch(
    node,
    { status: { conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }] } },
    "status",
  );
}

/** The pods of a release, once there are as many as expected. */
export async function podsOf(
  { plane: { admin } }: Cluster,
  namespace: string,
  release: string,
  count: number,
): Promise<readonly KubeObject[]> {
  const selector = encodeURIComponent(`app.kubernetes.io/instance=${release}`);
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`;
  let seen: readonly KubeObject[] = [];
  return await waitFor(`${count} pods of ${release}`, async () => {
    const { items } = await admin.list(path);
    seen = items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      // In a list, what all have in common is left out of each.
      .map((pod) => ({ ...pod, apiVersion: "v1", kind: "Pod" }));
    return seen.length === count && seen;
  }, { describe: async () => `there are ${seen.length}: ${await reasons(admin, namespace)}` });
}

async function reasons(admin: KubeClient, namespace: string): Promise<string> {
  const { items } = await admin.list(`/api/v1/namespaces/${namespace}/events`);
  return items.map((event) => `${event["reason"]}: ${event["message"]}`).join("; ");
}

/** Puts a pod on the node as a scheduler does, and reports it ready as a kubelet does. */
export async function reportReady({ plane: { admin } }: Cluster, pod: KubeObject): Promise<void> {
  await admin.request(`${await admin.pathOf(pod)}/binding`, {
    method: "POST",
    body: {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: pod.metadata.name },
      target: { kind: "Node", name: NODE },
    },
  });
  const now = new Date().toISOString();
  await admin.patch(pod, {
    status: {
      phase: "Running",
      podIP: "10.1.0.1",
      startTime: now,
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: now }],
    },
  }, "status");
}

/** A kind of object that can be listed. */
export interface Listed {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Path of the collection over all namespaces. */
  readonly path: string;
}

/** Every resource that the API server serves, subresources included. */
export async function resourcesOf(admin: KubeClient): Promise<Listed[]> {
  interface Resources {
    readonly resources: readonly {
      name: string;
      kind: string;
      namespaced: boolean;
      verbs: string[];
    }[];
  }
  const { groups } = await admin.request<
    { groups: { name: string; preferredVersion: { groupVersion: string } }[] }
  >("/apis");
  const bases = [
    { group: "", base: "/api/v1" },
    ...groups.map(({ name, preferredVersion }) => ({
      group: name,
      base: `/apis/${preferredVersion.groupVersion}`,
    })),
  ];
  const lists = await Promise.all(bases.map(async ({ group, base }) => {
    const { resources } = await admin.request<Resources>(base);
    return resources.map(({ name, ...rest }) => ({
      group,
      resource: name,
      path: `${base}/${name}`,
      ...rest,
    }));
  }));
  return lists.flat();
}

/** Every object of the cluster but events and the API server's Leases, with its resourceVersion. */
export async function inventory({ plane: { admin } }: Cluster): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  const kinds = (await resourcesOf(admin))
    .filter(({ resource, verbs }) => !resource.includes("/") && verbs.includes("list"))
    .filter(({ resource }) => resource !== "events");
  await Promise.all(kinds.map(async ({ path, kind, group }) => {
    try {
      for (const { metadata } of (await admin.list(path)).items) {
        // The API server's own, which it renews.
        if (kind === "Lease" && metadata.namespace === "kube-system") continue;
        const key = [group, kind, metadata.namespace ?? "", metadata.name].join("/");
        objects.set(key, metadata.resourceVersion ?? "");
      }
    } catch (error) {
      // A resource that is listed but not served, such as one whose backend is absent.
      if (!(error instanceof KubeApiError) || error.code !== 404) throw error;
    }
  }));
  return objects;
}
