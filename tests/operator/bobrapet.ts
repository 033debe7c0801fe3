/** What bobrapet, connectors and users do in the tests of the operator. */
import { RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import { connectorReady, type run } from "../../operator/transport/testing/objects.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { KubeApiError, type KubeClient } from "../cluster/kube_client.ts";
import { conditionsOf, type KubeObject } from "../cluster/kube_object.ts";
import { namespace } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { operatorRole } from "./operator_process.ts";

/** Those of bobrapet's CRDs whose objects are read or written here, by their names. */
export const BOBRAPET_CRDS: readonly string[] = Object.values(RESOURCES).map(
  ({ group, resource }) => `${resource}.${group}`,
);

/** A control plane that serves bobrapet's CRDs and lets the operator do what it does. */
export async function bobrapetPlane(apiServerArgs: readonly string[] = []): Promise<ControlPlane> {
  const plane = await startControlPlane({ crds: BOBRAPET_CRDS, apiServerArgs });
  await plane.apply(...operatorRole(), namespace("demo"));
  return plane;
}

/** An object of the unit tests as a user would apply it: what the API server gives is left out. */
export function fresh(object: ReturnType<typeof run>): KubeObject {
  const { name, namespace, annotations, finalizers } = object.metadata;
  return {
    ...object,
    metadata: {
      name,
      namespace,
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
  } as KubeObject;
}

/** The object as the API server has it; undefined when it is gone. */
export async function find(
  client: KubeClient,
  object: KubeObject,
): Promise<KubeObject | undefined> {
  try {
    return await client.request<KubeObject>(await client.pathOf(object));
  } catch (error) {
    if (error instanceof KubeApiError && error.code === 404) return undefined;
    throw error;
  }
}

/** `status/reason: message` of a condition. */
export async function says(client: KubeClient, object: KubeObject, type: string): Promise<string> {
  const found = await find(client, object);
  const condition = found && conditionsOf(found).find((one) => one.type === type);
  return condition ? `${condition.status}/${condition.reason}: ${condition.message}` : "nothing";
}

/** Waits until a condition says something. */
export async function becomes(
  client: KubeClient,
  object: KubeObject,
  type: string,
  expected: RegExp,
): Promise<void> {
  let seen = "";
  await waitFor(`${object.kind} ${object.metadata.name} to say ${expected}`, async () => {
    seen = await says(client, object, type);
    return expected.test(seen);
  }, { describe: () => `it says ${seen}` });
}

/** Reports as a connector does that has negotiated its codecs. */
export async function report(client: KubeClient, object: KubeObject): Promise<void> {
  const found = await find(client, object);
  const others = found ? conditionsOf(found).filter(({ type }) => type !== "Ready") : [];
  await client.patch(object, { status: { conditions: [...others, connectorReady()] } }, "status");
}
