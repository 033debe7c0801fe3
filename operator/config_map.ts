import type { KubeFetch } from "../kube/client.ts";
import { type Clock, systemClock } from "../kube/clock.ts";
import { Deadline } from "../kube/deadline.ts";
import { asKubeError, KubeError } from "../kube/errors.ts";
import { collectionPath } from "../kube/resources.ts";
import { errorFromResponse } from "../kube/status.ts";

export interface ConfigMapAddress {
  readonly client: { readonly fetch: KubeFetch };
  readonly namespace: string;
  readonly name: string;
  readonly clock?: Clock;
}

/**
 * Reads the data of a ConfigMap.
 *
 * @returns undefined when there is none
 * @throws {KubeError}
 */
export async function readConfigMap(
  { client, namespace, name, clock = systemClock }: ConfigMapAddress,
  signal: AbortSignal,
): Promise<Record<string, string> | undefined> {
  const path = `${
    collectionPath({ group: "", version: "v1", resource: "configmaps" }, namespace)
  }/${encodeURIComponent(name)}`;
  const doing = `GET ${path}`;
  using deadline = new Deadline(clock, signal);
  deadline.set(10_000, doing);
  try {
    const response = await client.fetch(path, { signal: deadline.signal });
    if (!response.ok) throw await errorFromResponse(response, doing, deadline.signal);
    const { data } = await response.json() as { data?: Record<string, string> };
    return data ?? {};
  } catch (thrown) {
    const error = asKubeError(thrown, "unreachable", doing);
    if (error instanceof KubeError && error.code === "not-found") return undefined;
    throw error;
  }
}
