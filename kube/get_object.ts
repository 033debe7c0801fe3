import { type Clock, systemClock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import { Deadline } from "./deadline.ts";
import { asKubeError, KubeError } from "./errors.ts";
import type { ObjectAddress } from "./object_writer.ts";
import { collectionPath, type KubeObject } from "./resources.ts";
import { errorFromResponse } from "./status.ts";

export interface GetOptions {
  readonly client: { readonly fetch: KubeFetch };
  readonly signal: AbortSignal;
  /** The longest wait for the whole answer, in milliseconds. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * Reads one object at "most recent".
 *
 * @returns undefined when there is none
 * @throws {KubeError}
 */
export async function getObject(
  { gvr, namespace, name }: ObjectAddress,
  { client, signal, timeoutMs = 10_000, clock = systemClock }: GetOptions,
): Promise<KubeObject | undefined> {
  const path = `${collectionPath(gvr, namespace)}/${encodeURIComponent(name)}`;
  const doing = `GET ${path}`;
  using deadline = new Deadline(clock, signal);
  deadline.set(timeoutMs, doing);
  try {
    const response = await client.fetch(path, { signal: deadline.signal });
    if (!response.ok) throw await errorFromResponse(response, doing, deadline.signal);
    const value = await response.json() as KubeObject | null;
    if (!value?.metadata?.name) throw new KubeError("bad-response", `${doing}: no object`);
    return value;
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    const error = asKubeError(thrown, "unreachable", doing);
    if (error.code === "not-found") return undefined;
    throw error;
  }
}
