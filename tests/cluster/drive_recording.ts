import { differingPaths } from "./deep_equal.ts";
import { KubeApiError, type KubeClient } from "./kube_client.ts";
import type { KubeObject } from "./kube_object.ts";
import { keyOf, type RecordedEvent } from "./recording.ts";
import { desired, type Step, stepsOf } from "./recording_steps.ts";

/** How a recording is driven. */
export interface DriveOptions {
  /** Recorded seconds per second. Default: as fast as the API server answers. */
  readonly speed?: number;
  /** Ends the drive with its reason. */
  readonly signal?: AbortSignal;
  /** Called after each event, with the object as recorded; the next event waits for it. */
  readonly onEvent?: (recorded: KubeObject, index: number) => void | Promise<void>;
}

/** Something that the API server made otherwise than it was recorded. */
export interface Difference {
  /** Index of the event in the recording. */
  readonly event: number;
  /** `HelmRelease flux-system/bp-mill` */
  readonly object: string;
  /** Paths in the object: `.metadata.generation`, `.status.conditions.0.message`. */
  readonly paths: readonly string[];
}

/**
 * Makes a real API server go through a recording: the same objects, the same changes of their spec
 * and status, the same deletions through their finalizers.
 *
 * After each event the object is held against the recorded one, in every field that a client can
 * decide and in its generation, which the API server counts by itself. Not compared is what it
 * decides alone: uid, resourceVersion, the times of creation and deletion.
 *
 * @returns What came out otherwise; empty when the recording lives again.
 */
export async function driveRecording(
  client: KubeClient,
  recording: readonly RecordedEvent[],
  options: DriveOptions = {},
): Promise<Difference[]> {
  const { speed = Infinity, signal, onEvent } = options;
  const recorded = new Map<string, KubeObject>();
  const live = new Map<string, KubeObject>();
  const differences: Difference[] = [];
  const start = performance.now();

  for (const [index, { t, event }] of recording.entries()) {
    await until(start + t / speed, signal);
    const key = keyOf(event.object);
    for (const step of stepsOf(recorded.get(key), event)) {
      live.set(key, await take(client, step, live.get(key)));
    }
    if (event.type === "DELETED") {
      recorded.delete(key);
      live.delete(key);
      if (await isThere(client, event.object)) {
        differences.push({ event: index, object: key, paths: ["."] });
      }
    } else {
      recorded.set(key, event.object);
      const paths = differingPaths(comparable(event.object), comparable(live.get(key)), "");
      if (paths.length > 0) differences.push({ event: index, object: key, paths });
    }
    await onEvent?.(event.object, index);
  }
  return differences;
}

/** Does one step on the object as it is now, and gives it as it is then. */
async function take(
  client: KubeClient,
  { do: verb, object }: Step,
  now: KubeObject | undefined,
): Promise<KubeObject> {
  const { labels, annotations, finalizers, name, namespace } = object.metadata;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined ? {} : { finalizers }),
  };
  const { apiVersion, kind, spec, status } = object;
  if (verb === "create") return await client.create({ apiVersion, kind, metadata, spec });
  if (now === undefined) throw new Error(`the recording has no beginning of ${keyOf(object)}`);
  // A replacement names the version that it replaces: should somebody else write, it fails.
  const { resourceVersion = "" } = now.metadata;
  switch (verb) {
    case "change":
      return await client.replace({
        apiVersion,
        kind,
        metadata: { ...metadata, resourceVersion },
        spec,
      });
    case "status":
      return await client.replace({ ...now, status }, "status");
    case "delete":
      await client.remove(object);
      return await client.request<KubeObject>(await client.pathOf(object)).catch(goneAs(now));
  }
}

/** The object that was read, or for one that is gone its last state. */
function goneAs(last: KubeObject): (error: unknown) => KubeObject {
  return (error) => {
    if (error instanceof KubeApiError && error.code === 404) return last;
    throw error;
  };
}

async function isThere(client: KubeClient, object: KubeObject): Promise<boolean> {
  try {
    await client.request(await client.pathOf(object));
    return true;
  } catch (error) {
    if (error instanceof KubeApiError && error.code === 404) return false;
    throw error;
  }
}

function comparable(object: KubeObject | undefined): unknown {
  if (object === undefined) return undefined;
  const { generation, deletionTimestamp } = object.metadata;
  return {
    metadata: { generation, deleting: deletionTimestamp !== undefined },
    ...desired(object),
    status: object.status,
  };
}

async function until(time: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const delay = time - performance.now();
  if (delay <= 0) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delay);
  const aborted = () => reject(signal?.reason);
  signal?.addEventListener("abort", aborted, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  }
}
