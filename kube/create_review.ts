import { type Clock, systemClock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import { Deadline } from "./deadline.ts";
import { asKubeError, KubeError } from "./errors.ts";
import { collectionPath, type GroupVersionResource } from "./resources.ts";
import { errorFromResponse } from "./status.ts";

/** A kind whose objects are questions: they are created, answered in `status`, and never stored. */
export interface ReviewKind extends GroupVersionResource {
  readonly kind: string;
}

export interface ReviewOptions {
  readonly client: { readonly fetch: KubeFetch };
  readonly signal: AbortSignal;
  /** The longest wait for the whole answer, in milliseconds. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * Asks the API server, such as by a TokenReview, and gives the `status` of its answer.
 *
 * @throws {KubeError}
 */
export async function createReview(
  { kind, ...gvr }: ReviewKind,
  spec: Readonly<Record<string, unknown>>,
  { client, signal, timeoutMs = 10_000, clock = systemClock }: ReviewOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const path = collectionPath(gvr);
  const doing = `POST ${path}`;
  using deadline = new Deadline(clock, signal);
  deadline.set(timeoutMs, doing);
  try {
    const response = await client.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ apiVersion: `${gvr.group}/${gvr.version}`, kind, spec }),
      signal: deadline.signal,
    });
    if (!response.ok) throw await errorFromResponse(response, doing, deadline.signal);
    const value = await response.json() as { status?: unknown } | null;
    if (typeof value?.status === "object" && value.status !== null) {
      return value.status as Readonly<Record<string, unknown>>;
    }
    throw new KubeError("bad-response", `${doing}: the answer has no status`);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw asKubeError(thrown, "unreachable", doing);
  }
}
