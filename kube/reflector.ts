import type { KubeFetch } from "./client.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import { asKubeError, KubeError } from "./errors.ts";
import { listPages } from "./list_pages.ts";
import { type Change, ObjectIndex } from "./object_index.ts";
import {
  compareResourceVersions,
  type GroupVersionResource,
  type KubeObject,
  objectKey,
} from "./resources.ts";
import {
  DEFAULT_TIMING,
  INITIAL_PLAN,
  nextPlan,
  type Outcome,
  type ReflectorTiming,
} from "./retry_plan.ts";
import { watchOnce } from "./watch_once.ts";
import type { WatchEvent } from "./watch_stream.ts";

/**
 * What happened to one object. The reflector keeps no objects, so a deletion that it learnt from a
 * list, and not from an event, has none to show.
 */
export type ResourceEvent<T> =
  | { readonly type: "added" | "modified"; readonly key: string; readonly object: T }
  | {
    readonly type: "deleted";
    readonly key: string;
    readonly uid: string;
    readonly object: T | undefined;
  };

/** What the loop is doing, for readiness checks and logs. */
export interface ReflectorState {
  readonly phase: "listing" | "resuming" | "watching" | "backing-off" | "stopped";
  /** Whether one complete list was ever delivered. Stays true: what was delivered is still held. */
  readonly synced: boolean;
  /** When this phase began, in milliseconds since the epoch. */
  readonly since: number;
  /** Why the loop is not healthy; kept while it retries, absent once a watch is open again. */
  readonly error?: KubeError;
  /** While backing off: when the next attempt starts, in milliseconds since the epoch. */
  readonly retryAt?: number;
}

/**
 * How far a loop has got, as resourceVersions. An object that is told while a list is under way is
 * newer than `complete`.
 */
export interface ReflectorProgress {
  /** Nothing that happened up to here is missing; empty before the first list. */
  readonly complete: string;
  /** The latest change that the caller was told; empty before the first. */
  readonly told: string;
}

/** A hand on a loop that runs. */
export interface ReflectorControl {
  readonly progress: ReflectorProgress;
  /**
   * Leaves an open watch and lists again.
   *
   * @returns a promise that resolves when a list that began after the call is complete, or when the
   * loop has stopped
   */
  relist(): Promise<void>;
}

export interface ReflectorOptions<T> {
  readonly client: { readonly fetch: KubeFetch };
  /** A function is asked before each list; what it throws is a failed list. */
  readonly gvr: GroupVersionResource | ((signal: AbortSignal) => Promise<GroupVersionResource>);
  /** One namespace; all of them, or a cluster-scoped resource, when absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Reduces each object on arrival to what the caller needs. The identity when absent. */
  readonly prune?: (object: KubeObject) => T;
  /**
   * Called for each change, in order, one at a time. When it throws, the error is reported as
   * `handler-failed`, and after a back-off the loop lists: what the caller did not take is offered
   * again, and the other objects get through meanwhile.
   */
  readonly onEvent: (event: ResourceEvent<T>) => void;
  /** Called once, when the first complete list has been delivered. */
  readonly onSynced?: () => void;
  /** Called once, before anything else. */
  readonly onStart?: (control: ReflectorControl) => void;
  /** Called whenever the state changes. An error thrown here, or in `onSynced`, ends the loop. */
  readonly onState?: (state: ReflectorState) => void;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Numbers in [0, 1), for jitter. */
  readonly random?: () => number;
  readonly timing?: Partial<ReflectorTiming>;
  /** Objects in one page of a list. */
  readonly pageSize?: number;
}

/**
 * Follows one resource by list and watch until the signal aborts, through everything that an API
 * server, a network and time can do to a watch. Level-triggered: `onEvent` is told of the
 * difference between what it was told before and what the cluster holds, so after any fault the
 * caller ends in the cluster's state, hears of each deletion once, and never of an unchanged object.
 *
 * @returns a promise that resolves when the loop has stopped; it rejects only when `onSynced` or
 * `onState` throws.
 */
export async function watchResources<T = KubeObject>(options: ReflectorOptions<T>): Promise<void> {
  await new Reflector(options).run();
}

class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #timing: ReflectorTiming;
  readonly #index = new ObjectIndex();
  readonly #stop = new AbortController();
  #gvr: GroupVersionResource;
  /** Where to resume: nothing up to this version is missing. */
  #position = "";
  #told = "";
  /** Who waits for a list that has not begun yet. */
  #relists: (() => void)[] = [];
  #leaveWatch = () => {};
  #state: ReflectorState;
  #callbackError: KubeError | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#gvr = typeof options.gvr === "function" ? UNKNOWN : options.gvr;
    this.#state = { phase: "listing", synced: false, since: this.#clock.now() };
  }

  async run(): Promise<void> {
    const stop = () => this.#stop.abort();
    if (this.#options.signal.aborted) stop();
    this.#options.signal.addEventListener("abort", stop);
    try {
      this.#notify("onStart", () => this.#options.onStart?.(this.#control()));
      this.#notify("onState", () => this.#options.onState?.(this.#state));
      await this.#loop(this.#stop.signal);
      this.#enter("stopped");
    } finally {
      for (const resolve of this.#relists) resolve();
      this.#options.signal.removeEventListener("abort", stop);
    }
    if (this.#callbackError !== undefined) throw this.#callbackError;
  }

  #control(): ReflectorControl {
    const progress = () => ({ complete: this.#position, told: this.#told });
    return {
      get progress() {
        return progress();
      },
      relist: () =>
        new Promise((resolve) => {
          if (this.#state.phase === "stopped") return resolve();
          this.#relists.push(resolve);
          this.#leaveWatch();
        }),
    };
  }

  async #loop(signal: AbortSignal): Promise<void> {
    let plan = INITIAL_PLAN;
    while (!signal.aborted) {
      if (plan.delayMs > 0) {
        this.#enter("backing-off", { retryAt: this.#clock.now() + plan.delayMs });
        await sleep(this.#clock, plan.delayMs, signal);
        if (signal.aborted) return;
      }
      if (this.#relists.length > 0) plan = { ...plan, action: "list" };
      const outcome = plan.action === "list" ? await this.#list(plan.paged) : await this.#watch();
      if (signal.aborted) return;
      if (outcome.kind === "failed") this.#enter(this.#state.phase, { error: outcome.error });
      if (outcome.kind === "listed" && !this.#state.synced) {
        this.#enter(this.#state.phase, { synced: true });
        this.#notify("onSynced", () => this.#options.onSynced?.());
      }
      plan = nextPlan(plan, outcome, this.#timing, this.#random);
    }
  }

  /**
   * Lists at "most recent" (no resourceVersion): a list from an API server's cache may be older
   * than what the caller already knows. Pages are delivered as they come, so that no more than one
   * is held; what is gone is known only at the end.
   */
  async #list(paged: boolean): Promise<Outcome> {
    this.#enter("listing");
    const { gvr, pageSize = 500 } = this.#options;
    const listed = new Set<string>();
    const waiting = this.#relists;
    this.#relists = [];
    let handlerError: unknown;
    const deliver = (changes: Change[], object?: KubeObject) => {
      try {
        this.#deliver(changes, object);
      } catch (thrown) {
        // The other objects must not wait for one that the caller cannot take.
        handlerError ??= thrown;
      }
    };
    try {
      // A version that is served no more ends here, by way of a 404.
      if (typeof gvr === "function") this.#gvr = await gvr(this.#stop.signal);
      let resourceVersion = "";
      const pages = listPages({
        ...this.#request(),
        limit: paged ? pageSize : undefined,
        timeoutMs: this.#timing.pageTimeoutMs,
      });
      for await (const page of pages) {
        resourceVersion = page.resourceVersion;
        for (const object of page.items) {
          listed.add(objectKey(object.metadata));
          deliver(this.#index.listed(object.metadata), object);
        }
      }
      deliver(this.#index.missing(listed, resourceVersion));
      if (handlerError !== undefined) throw handlerError;
      this.#index.completeList(resourceVersion);
      this.#position = resourceVersion;
      // etcd was restored from a backup: what was told from the time after it never happened.
      const order = compareResourceVersions(this.#told, resourceVersion);
      if (order !== undefined && order > 0) this.#told = resourceVersion;
      for (const resolve of waiting) resolve();
      return { kind: "listed" };
    } catch (thrown) {
      this.#relists.push(...waiting);
      const doing = `list ${this.#gvr.resource}`;
      const error = explain(asKubeError(thrown, "unreachable", doing), this.#gvr);
      return { kind: "failed", during: "list", error, advanced: false, lasted: false };
    }
  }

  async #watch(): Promise<Outcome> {
    const openedAt = this.#clock.now();
    const lasted = () => this.#clock.now() - openedAt >= this.#timing.stableAfterMs;
    let advanced = false;
    const { signal } = this.#stop;
    const left = new AbortController();
    const leave = () => left.abort();
    signal.addEventListener("abort", leave);
    this.#leaveWatch = leave;
    // An orderly renewal every few minutes is no news; only a watch that was lost is reopened.
    if (this.#state.phase !== "watching") this.#enter("resuming");
    try {
      const events = watchOnce({
        ...this.#request(),
        signal: left.signal,
        resourceVersion: this.#position,
        timeoutSeconds: Math.round(this.#timing.watchTimeoutSeconds * (1 + this.#random())),
        headTimeoutMs: this.#timing.headTimeoutMs,
        idleTimeoutMs: this.#timing.idleTimeoutMs,
        onOpen: () => this.#enter("watching", { error: undefined }),
      });
      for await (const event of events) {
        advanced = this.#apply(event) || advanced;
      }
      return { kind: "watch-ended", advanced, lasted: lasted() };
    } catch (thrown) {
      // Somebody wants a list, and nothing is wrong with the watch.
      if (left.signal.aborted) return { kind: "watch-ended", advanced: true, lasted: true };
      const doing = `watch ${this.#gvr.resource}`;
      const error = explain(asKubeError(thrown, "unreachable", doing), this.#gvr);
      return { kind: "failed", during: "watch", error, advanced, lasted: lasted() };
    } finally {
      signal.removeEventListener("abort", leave);
      this.#leaveWatch = () => {};
    }
  }

  /** Takes an event. Answers whether it is from where we are, or after. */
  #apply(event: Exclude<WatchEvent, { type: "ERROR" }>): boolean {
    if (event.type === "BOOKMARK") return this.#advance(event.resourceVersion);
    const { metadata } = event.object;
    const changes = event.type === "DELETED"
      ? this.#index.deleted(metadata)
      : this.#index.observed(metadata);
    this.#deliver(changes, event.object);
    return this.#advance(metadata.resourceVersion);
  }

  /** Never back: a repeated event must not make the next watch repeat everything after it. */
  #advance(resourceVersion: string): boolean {
    const order = compareResourceVersions(resourceVersion, this.#position);
    if (order !== undefined && order < 0) return false;
    this.#position = resourceVersion;
    return true;
  }

  #deliver(changes: Change[], object: KubeObject | undefined): void {
    const { onEvent, prune } = this.#options;
    for (const change of changes) {
      try {
        const { type, key, uid } = change;
        // A recreated object says nothing of the one before it, so that one is shown without.
        const shown = object === undefined || (object.metadata.uid ?? "") !== uid
          ? undefined
          : prune === undefined
          ? object as T
          : prune(object);
        if (type === "deleted") onEvent({ type, key, uid, object: shown });
        else onEvent({ type, key, object: shown as T });
      } catch (thrown) {
        throw handlerFailed(`onEvent(${change.type} ${change.key})`, thrown);
      }
      this.#index.commit(change);
      const order = compareResourceVersions(change.resourceVersion, this.#told);
      if (order === undefined || order > 0) this.#told = change.resourceVersion;
    }
  }

  #request() {
    const { client, namespace, labelSelector } = this.#options;
    const { signal } = this.#stop;
    const gvr = this.#gvr;
    return { fetch: client.fetch, gvr, namespace, labelSelector, clock: this.#clock, signal };
  }

  #enter(
    phase: ReflectorState["phase"],
    change: { error?: KubeError | undefined; synced?: true; retryAt?: number } = {},
  ): void {
    const before = this.#state;
    const error = "error" in change ? change.error : before.error;
    const synced = change.synced ?? before.synced;
    if (phase === before.phase && error === before.error && synced === before.synced) return;
    this.#state = {
      phase,
      synced,
      since: phase === before.phase ? before.since : this.#clock.now(),
      ...(error === undefined ? {} : { error }),
      ...(change.retryAt === undefined ? {} : { retryAt: change.retryAt }),
    };
    this.#notify("onState", () => this.#options.onState?.(this.#state));
  }

  /** A caller that cannot take its own reports is broken beyond retrying: the loop ends, aloud. */
  #notify(name: string, callback: () => void): void {
    try {
      callback();
    } catch (thrown) {
      this.#callbackError ??= handlerFailed(name, thrown);
      this.#stop.abort();
    }
  }
}

/** What a resource is called before anybody has said where it is served. */
const UNKNOWN: GroupVersionResource = { group: "", version: "", resource: "resources" };

/** Whatever a callback throws, even an error of ours, is its own failure and not the server's. */
function handlerFailed(name: string, cause: unknown): KubeError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new KubeError("handler-failed", `${name} threw: ${message}`, { cause });
}

/** A 404 on a collection says that nobody serves this resource: its CRD is not installed. */
function explain(error: KubeError, gvr: GroupVersionResource): KubeError {
  if (error.code !== "not-found" || gvr.group === "") return error;
  const { resource, group, version } = gvr;
  return new KubeError(
    "crd-missing",
    `${resource}.${group}/${version} is not served by this cluster: is its CRD installed?`,
    { status: 404, cause: error },
  );
}
