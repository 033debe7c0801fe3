import type { Clock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import type { KubeError } from "./errors.ts";
import type { GroupVersionResource, KubeObject } from "./resources.ts";
import type { ReflectorTiming } from "./retry_plan.ts";

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
  /**
   * Lists by a stream where the server offers it (KEP-3157), else in pages. In pages only when
   * absent.
   */
  readonly streamLists?: boolean;
}
