import { type Clock, sleep, systemClock } from "../contracts/clock.ts";
import { asKubeError, KubeError } from "./errors.ts";
import { Listing } from "./listing.ts";
import { listPages } from "./list_pages.ts";
import { listStream } from "./list_stream.ts";
import { type Change, ObjectIndex } from "./object_index.ts";
import type { ReflectorControl, ReflectorOptions, ReflectorState } from "./reflector_options.ts";
import {
  compareResourceVersions,
  type GroupVersionResource,
  type KubeObject,
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

export type {
  ReflectorControl,
  ReflectorOptions,
  ReflectorProgress,
  ReflectorState,
  ResourceEvent,
} from "./reflector_options.ts";

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
  /** The server has not refused to list by a stream. */
  #isStreaming: boolean;
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
    this.#isStreaming = options.streamLists ?? false;
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
   * than what the caller already knows. Objects are delivered as they come, so that no more than one
   * page is held; what is gone is known only at the end.
   */
  async #list(paged: boolean): Promise<Outcome> {
    this.#enter("listing");
    const { gvr } = this.#options;
    const waiting = this.#relists;
    this.#relists = [];
    try {
      // A version that is served no more ends here, by way of a 404.
      if (typeof gvr === "function") this.#gvr = await gvr(this.#stop.signal);
      const list = new Listing((changes, object) => this.#deliver(changes, object), this.#index);
      const resourceVersion = await this.#readStream(list) ?? await this.#readPages(list, paged);
      list.complete(resourceVersion);
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

  /** @returns undefined when the server does not list by a stream */
  async #readStream(list: Listing): Promise<string | undefined> {
    if (!this.#isStreaming) return undefined;
    const { headTimeoutMs, pageTimeoutMs, watchTimeoutSeconds } = this.#timing;
    try {
      const items = listStream({
        ...this.#request(),
        headTimeoutMs,
        idleTimeoutMs: pageTimeoutMs,
        timeoutSeconds: watchTimeoutSeconds,
      });
      for await (const item of items) {
        if (item.type === "end") return item.resourceVersion;
        if (item.type === "gone") list.withdraw(item.object);
        else list.take(item.object);
      }
    } catch (thrown) {
      if (!(thrown instanceof KubeError) || !NO_STREAM.has(thrown.code)) throw thrown;
      this.#isStreaming = false;
    }
    return undefined;
  }

  async #readPages(list: Listing, paged: boolean): Promise<string> {
    const { pageSize = 500 } = this.#options;
    let resourceVersion = "";
    const pages = listPages({
      ...this.#request(),
      limit: paged ? pageSize : undefined,
      timeoutMs: this.#timing.pageTimeoutMs,
    });
    for await (const page of pages) {
      resourceVersion = page.resourceVersion;
      for (const object of page.items) list.take(object);
    }
    return resourceVersion;
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

/** How a server says that it does not know `sendInitialEvents`, or has it switched off. */
const NO_STREAM: ReadonlySet<string> = new Set(["invalid-request", "bad-response"]);

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
