import type { KubeClient } from "./kube_client.ts";
import { KubeApiError } from "./kube_client.ts";
import { conditionsOf, type KubeObject } from "./kube_object.ts";
import { waitFor } from "./wait_for.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

interface Definition extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

/**
 * Applies the CRDs with the given names (`<plural>.<group>`) out of a folder of manifests, and
 * waits until the API server answers for each of their versions.
 */
export async function applyCrds(
  client: KubeClient,
  folder: string,
  names: readonly string[],
): Promise<void> {
  await Promise.all(names.map(async (name) => {
    const dot = name.indexOf(".");
    // controller-gen names its files <group>_<plural>.yaml.
    const file = `${folder}/${name.slice(dot + 1)}_${name.slice(0, dot)}.yaml`;
    await client.request(
      `${DEFINITIONS}/${name}?fieldManager=headrace-tests&force=true`,
      {
        method: "PATCH",
        body: await Deno.readTextFile(file),
        contentType: "application/apply-patch+yaml",
      },
    );
  }));
  await crdsServed(client, names);
}

/** Waits until every CRD is established and the API server answers for each of its versions. */
export async function crdsServed(client: KubeClient, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => served(client, name)));
}

async function served(client: KubeClient, name: string): Promise<void> {
  const { spec } = await waitFor(`${name} to be established`, async () => {
    const definition = await client.request<Definition>(`${DEFINITIONS}/${name}`);
    const established = conditionsOf(definition)
      .some(({ type, status }) => type === "Established" && status === "True");
    return established && definition;
  });
  // Established says that it will be served; the handler and its storage follow a moment later.
  for (const version of spec.versions.filter(({ served }) => served)) {
    const path = `/apis/${spec.group}/${version.name}/${spec.names.plural}`;
    await waitFor(`${path} to be served`, () => isServed(client, path));
  }
}

async function isServed(client: KubeClient, path: string): Promise<boolean> {
  try {
    await client.list(path);
    return true;
  } catch (error) {
    // 404 without a handler, 429 while its storage starts ("storage is (re)initializing").
    if (error instanceof KubeApiError && [404, 429, 503].includes(error.code)) return false;
    throw error;
  }
}
