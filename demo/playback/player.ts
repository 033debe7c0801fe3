import type { Clock } from "../../contracts/clock.ts";
import type { GroupVersionResource, KubeObject } from "../../kube/resources.ts";
import type { ObjectStore, ResourceDefinition } from "../../kube/testing/object_store.ts";
import { rebaseTimes } from "./rebase_times.ts";
import type { Recording } from "./recording.ts";
import { Timeline } from "./timeline.ts";

export interface PlayerOptions {
  readonly recording: Recording;
  /** Serves the resources that the recording has objects of. */
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** Recorded milliseconds in one of the clock's; above zero. */
  readonly speed: number;
  /** Told after each event and a few times a second: where playback is, of how much, in ms. */
  readonly onProgress?: (t: number, total: number) => void;
  /** Stops the player. */
  readonly signal?: AbortSignal;
}

/** How often progress is told while nothing happens, in milliseconds. */
const PROGRESS_EVERY_MS = 250;

/**
 * Plays a recording into a store: recorded time `t` happens at `start + t / speed`. Begins at once,
 * and stops by itself at the end; the store then keeps the rollout's last state.
 */
export class Player {
  readonly #options: PlayerOptions;
  readonly #resources: ReadonlyMap<string, ResourceDefinition>;
  readonly #ended = Promise.withResolvers<void>();
  readonly #onAbort = () => this.stop();
  #timeline: Timeline;
  #next = 0;
  #cancelTimer = () => {};

  /**
   * @throws {RangeError} for a speed that is not above zero
   * @throws {TypeError} when the store does not serve a kind of the recording
   */
  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#resources = new Map(
      options.store.resources.map((resource) => [typeOf(resource, resource.kind), resource]),
    );
    for (const { event: { object } } of options.recording.events) this.#resourceOf(object);
    this.#timeline = Timeline.start(options.clock.now(), options.speed);
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.signal?.aborted) this.stop();
    else this.#play();
  }

  /** Resolves when the last event was played, or the player was stopped. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get paused(): boolean {
    return this.#timeline.paused;
  }

  /** The recorded moment that is being played, in milliseconds. */
  get position(): number {
    const { clock, recording } = this.#options;
    return Math.min(this.#timeline.offsetAt(clock.now()), recording.durationMs);
  }

  pause(): void {
    this.#timeline = this.#timeline.pause(this.#options.clock.now());
    this.#cancelTimer();
  }

  resume(): void {
    if (!this.paused) return;
    this.#timeline = this.#timeline.resume(this.#options.clock.now());
    this.#play();
  }

  /** Stops for good where it is. */
  stop(): void {
    this.pause();
    this.#next = this.#options.recording.events.length;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#ended.resolve();
  }

  #play(): void {
    this.#cancelTimer();
    const { recording: { events, durationMs }, clock, onProgress } = this.#options;
    const now = clock.now();
    // Compared on the wall, where the next timer is set: a rounding of the offset could miss by one.
    for (;;) {
      const due = events[this.#next];
      if (due === undefined || this.#timeline.wallAt(due.t) > now) break;
      this.#next++;
      this.#apply(due.event.type, due.event.object);
      // The store's listeners may have paused the player.
      if (this.paused) return;
    }
    onProgress?.(this.position, durationMs);
    const next = events[this.#next];
    if (next === undefined) return this.stop();
    // Rounded up: timers know whole milliseconds, and one that fires early would only fire again.
    const wait = Math.ceil(this.#timeline.wallAt(next.t) - now);
    this.#cancelTimer = clock.after(Math.min(wait, PROGRESS_EVERY_MS), () => this.#play());
  }

  #apply(type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject): void {
    const { store, recording, speed } = this.#options;
    const resource = this.#resourceOf(object);
    const { name, namespace } = object.metadata;
    if (type === "DELETED") {
      store.remove(resource, name, namespace);
      return;
    }
    store.put(
      resource,
      rebaseTimes(object, (time) => this.#timeline.wallAt(time - recording.beganAt), speed),
    );
  }

  #resourceOf({ apiVersion = "", kind = "" }: KubeObject): ResourceDefinition {
    const resource = this.#resources.get(`${apiVersion} ${kind}`);
    if (resource === undefined) {
      throw new TypeError(`the recording has a ${kind} of ${apiVersion}, which is not served`);
    }
    return resource;
  }
}

function typeOf({ group, version }: GroupVersionResource, kind: string): string {
  return `${group === "" ? version : `${group}/${version}`} ${kind}`;
}
