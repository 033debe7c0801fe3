import type { Clock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import { KubeError } from "./errors.ts";
import { collectionPath, type GroupVersionResource } from "./resources.ts";
import { watchOnce } from "./watch_once.ts";
import type { VersionedObject } from "./watch_stream.ts";

/** What to list. Times in milliseconds unless the name says otherwise. */
export interface StreamRequest {
  readonly fetch: KubeFetch;
  readonly gvr: GroupVersionResource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly headTimeoutMs: number;
  /** The longest silence before all objects have come. */
  readonly idleTimeoutMs: number;
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One step of a list: an object, what became of one while it was under way, or its end. */
export type StreamedItem =
  | { readonly type: "object" | "gone"; readonly object: VersionedObject }
  | { readonly type: "end"; readonly resourceVersion: string };

/**
 * Lists a collection at "most recent" by a watch that begins with what exists (KEP-3157,
 * `sendInitialEvents`). Neither side ever holds more than one object of it as text, where a page of
 * 500 may be several megabytes.
 *
 * @throws {KubeError} `invalid-request` from a server that does not offer it; `unreachable` when the
 * stream ends before all objects have come
 */
export async function* listStream(request: StreamRequest): AsyncGenerator<StreamedItem, void> {
  const watch = { ...request, resourceVersion: "initial", onOpen: () => {} };
  for await (const event of watchOnce(watch)) {
    switch (event.type) {
      case "ADDED":
      case "MODIFIED":
        yield { type: "object", object: event.object };
        break;
      case "DELETED":
        yield { type: "gone", object: event.object };
        break;
      case "BOOKMARK":
        if (event.endsInitialEvents === undefined) break;
        return yield { type: "end", resourceVersion: event.resourceVersion };
    }
  }
  const path = collectionPath(request.gvr, request.namespace);
  throw new KubeError("unreachable", `WATCH ${path}: it ended before all objects had come`);
}
