import type { Clock } from "../../contracts/clock.ts";
import type { ResourceDefinition, StoredEvent, StoredObject } from "./object_store.ts";
import type { Selector } from "./selectors.ts";

/** What one watch was asked for. */
export interface WatchSpec {
  readonly resource: ResourceDefinition;
  readonly selects: Selector;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number;
  /** Only what happened after this revision is told, also when it lies in the future. */
  readonly after: number;
  /** Bookmarks carry the revision up to which this watch has been told everything. */
  readonly revision: () => number;
}

/** The server's end of one watch stream. */
export class WatchConnection {
  readonly body: ReadableStream<Uint8Array>;
  readonly spec: WatchSpec;
  readonly #clock: Clock;
  readonly #onClose: () => void;
  readonly #utf8 = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #timers: (() => void)[] = [];
  #muted = false;

  constructor(spec: WatchSpec, clock: Clock, bookmarkEveryMs: number, onClose: () => void) {
    this.spec = spec;
    this.#clock = clock;
    this.#onClose = onClose;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#close(),
    });
    if (spec.bookmarks) this.#scheduleBookmark(bookmarkEveryMs);
    this.#timers.push(clock.after(spec.timeoutSeconds * 1000, () => this.end()));
  }

  /** Sends what a change means under this watch's selector: entering is ADDED, leaving DELETED. */
  deliver({ type, object, previous, revision }: StoredEvent, again?: "again"): void {
    const { selects, after: from } = this.spec;
    if (revision <= from && again === undefined) return;
    const before = previous !== undefined && selects(previous);
    const after = type !== "DELETED" && selects(object);
    if (!before && !after) return;
    if (after) return this.sendObject(before ? "MODIFIED" : "ADDED", object);
    // As the API server does it: the last state that was selected, under the version of the change.
    const { resourceVersion } = object.metadata;
    const last = previous ?? object;
    this.sendObject("DELETED", { ...last, metadata: { ...last.metadata, resourceVersion } });
  }

  sendObject(type: StoredEvent["type"], object: StoredObject): void {
    this.write(`${JSON.stringify({ type, object })}\n`);
  }

  sendBookmark(marks?: "ends the initial events"): void {
    if (this.spec.revision() < this.spec.after) return;
    const { kind, group, version } = this.spec.resource;
    const object = {
      kind,
      apiVersion: group === "" ? version : `${group}/${version}`,
      metadata: {
        resourceVersion: String(this.spec.revision()),
        creationTimestamp: null,
        ...(marks && { annotations: { "k8s.io/initial-events-end": "true" } }),
      },
    };
    this.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  /** Sends an `ERROR` event and ends, as the API server does. */
  sendError(status: unknown): void {
    this.write(`${JSON.stringify({ type: "ERROR", object: status })}\n`);
    this.#finish();
  }

  /** Writes text as it is. */
  write(text: string): void {
    if (!this.#muted) this.#controller?.enqueue(this.#utf8.encode(text));
  }

  /** Leaves the connection open and says nothing on it from now on. */
  mute(): void {
    this.#muted = true;
  }

  /** An orderly end. A last bookmark saves the client from reading anything twice. */
  end(): void {
    if (this.spec.bookmarks) this.sendBookmark();
    this.#finish();
  }

  /** Breaks the connection. */
  cut(): void {
    this.#controller?.error(new Error("the connection was cut"));
    this.#close();
  }

  #finish(): void {
    if (this.#muted) return;
    this.#controller?.close();
    this.#close();
  }

  #scheduleBookmark(everyMs: number): void {
    this.#timers.push(this.#clock.after(everyMs, () => {
      this.sendBookmark();
      this.#scheduleBookmark(everyMs);
    }));
  }

  #close(): void {
    this.#controller = undefined;
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
    this.#onClose();
  }
}
