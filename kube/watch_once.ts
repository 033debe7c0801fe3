import type { Clock } from "../contracts/clock.ts";
import { readBody } from "./body.ts";
import type { KubeFetch } from "./client.ts";
import { Deadline } from "./deadline.ts";
import { asKubeError, KubeError } from "./errors.ts";
import { collectionPath, type GroupVersionResource } from "./resources.ts";
import { errorFromResponse, errorFromStatus } from "./status.ts";
import { type WatchEvent, WatchStreamDecoder } from "./watch_stream.ts";

/** One watch request. Times in milliseconds unless the name says otherwise. */
export interface WatchRequest {
  readonly fetch: KubeFetch;
  readonly gvr: GroupVersionResource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** The stream holds what happened after this version; or, for `initial`, what exists first. */
  readonly resourceVersion: string | "initial";
  /** After this long the server ends the stream; 30 s later we do it for a server that forgot. */
  readonly timeoutSeconds: number;
  /** The longest wait for the head of the answer. */
  readonly headTimeoutMs: number;
  /** The longest silence on the open stream. */
  readonly idleTimeoutMs: number;
  /** Called when the server has accepted the watch. */
  readonly onOpen: () => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const OVERTIME_MS = 30_000;

/**
 * Runs one watch to its end. Returns when the server ended it, when it was silent for too long, or
 * when its time was up: all of these mean "resume". Everything else throws.
 *
 * @throws {KubeError} the server's own error when it refuses the watch or sends an `ERROR` event;
 * `bad-response` for a line that is no watch event; `unreachable` when the connection broke.
 */
export async function* watchOnce(
  request: WatchRequest,
): AsyncGenerator<Exclude<WatchEvent, { type: "ERROR" }>, void> {
  const { clock, idleTimeoutMs } = request;
  const path = collectionPath(request.gvr, request.namespace);
  const doing = `WATCH ${path}`;
  using deadline = new Deadline(clock, request.signal);
  deadline.set(request.headTimeoutMs, doing);
  const response = await request.fetch(`${path}?${watchQuery(request)}`, {
    signal: deadline.signal,
  });
  if (response.status !== 200) throw await errorFromResponse(response, doing, deadline.signal);
  if (response.body === null) throw new KubeError("bad-response", `${doing}: an empty answer`);

  request.onOpen();
  const endsAt = clock.now() + request.timeoutSeconds * 1000 + OVERTIME_MS;
  deadline.set(idleTimeoutMs, doing);
  const decoder = new WatchStreamDecoder();
  try {
    for await (const chunk of readBody(response.body, deadline.signal)) {
      for (const event of decoder.push(chunk)) {
        if (event.type === "ERROR") throw errorFromStatus(event.status, doing);
        yield event;
      }
      if (clock.now() >= endsAt) return;
      deadline.push(Math.min(idleTimeoutMs, endsAt - clock.now()));
    }
  } catch (thrown) {
    // Time ran out on an open watch. The caller resumes; a server that is really gone shows then.
    if (deadline.expired) return;
    throw asKubeError(thrown, "unreachable", doing);
  }
  if (decoder.pendingBytes > 0) {
    throw new KubeError("unreachable", `${doing}: the connection broke in the middle of an event`);
  }
}

function watchQuery(request: WatchRequest): URLSearchParams {
  return new URLSearchParams({
    watch: "true",
    allowWatchBookmarks: "true",
    ...(request.resourceVersion === "initial"
      // Without a version the server brings its cache up to the quorum before it begins.
      ? { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" }
      : { resourceVersion: request.resourceVersion }),
    timeoutSeconds: String(request.timeoutSeconds),
    ...(request.labelSelector ? { labelSelector: request.labelSelector } : {}),
  });
}
