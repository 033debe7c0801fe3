import type { ObjectMeta } from "../../kube/resources.ts";
import type { Kind } from "../../contracts/transport/resource_kinds.ts";

/** One write that brings the cluster closer to what it should be. */
export interface Write {
  /**
   * `merge`: a merge patch of the version that was seen, for everything that holds a list. `apply`:
   * server-side apply, for fields that are ours alone.
   */
  readonly verb: "merge" | "apply";
  readonly kind: Kind;
  /** The object as it was seen. */
  readonly object: ObjectMeta;
  readonly subresource?: "status";
  readonly body: { readonly metadata?: Partial<ObjectMeta>; readonly status?: unknown };
  /** When it fails, the writes after it are made all the same. */
  readonly optional?: true;
}

/** Something to tell people, once it is true. */
export interface Announcement {
  readonly kind: Kind;
  readonly object: ObjectMeta;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** How a run stands. */
export type RunPhase =
  /** Not ours: another pattern, another transport's, or over. */
  | "idle"
  | "pending"
  | "ready"
  | "invalid"
  /** Was ours and is not any longer, or is going. */
  | "released"
  | "cleaned";

/** What to do about a run, in this order; nothing to write when all is as it should be. */
export interface Decision {
  readonly phase: RunPhase;
  readonly writes: readonly Write[];
  /** To be told when all writes are made. */
  readonly announcements: readonly Announcement[];
  /** Look again after this many milliseconds, in case an event was missed. */
  readonly requeueAfterMs?: number;
  /** How long the bindings were waited for, in milliseconds. */
  readonly waitedMs?: number;
}

export const IDLE: Decision = { phase: "idle", writes: [], announcements: [] };

/** What a decision depends on beside the objects. */
export interface DecisionContext {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** What connectors dial, by the namespace that they are in. */
  readonly hubEndpoint: (namespace: string) => string;
  /** Endpoints of the hubs that are ready; undefined when runs are not pinned to one of several. */
  readonly readyHubs?: () => readonly string[];
  /** What a peer's connector dials, by StepRun and namespace. */
  readonly peerHost: (stepRun: string, namespace: string) => string;
}
