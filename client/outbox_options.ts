import type { Clock } from "../contracts/clock.ts";
import type { FlowMessage } from "../contracts/flow.ts";
import type { OutboxError } from "./outbox_error.ts";
import type { LogPosition, RouterOptions } from "./outbox_http.ts";
import type { FlowPart, FlowRule, Freshness, Ownership } from "./outbox_part.ts";

/** Why everything of ours is compared with the router's state. */
export type ResyncReason =
  /** The router has begun a new log. */
  | "restarted"
  /** It has lost the flow. */
  | "absent"
  /** Somebody has changed what is ours. */
  | "differs";

/** What an outbox reports, for logs. */
export type OutboxEvent =
  | {
    readonly type: "posted";
    readonly messages: readonly FlowMessage[];
    readonly position: LogPosition;
  }
  | { readonly type: "resync"; readonly reason: ResyncReason }
  /** The router's copy of our part is newer than ours. */
  | { readonly type: "behind" }
  /** After failures: the router answers and has everything. */
  | { readonly type: "recovered" }
  /** `retryIn` milliseconds. */
  | { readonly type: "failed"; readonly error: OutboxError; readonly retryIn: number };

export interface OutboxOptions<Part extends FlowPart = FlowPart> {
  /** Where the router is, with any path prefix it has behind a gateway. */
  readonly url: string | URL;
  readonly flowId: string;
  readonly owns: Ownership;
  /** Absent when this emitter leaves the flow object alone. */
  readonly flowRule?: FlowRule;
  /** Absent when no other emitter has the same part: then ours is always the latest. */
  readonly freshness?: Freshness<Part>;
  readonly token?: RouterOptions["token"];
  /** Shortest time between two rounds of posts, in milliseconds; 200 when absent. */
  readonly emitInterval?: number;
  /** Longest time for one request, in milliseconds; 10,000 when absent. */
  readonly timeout?: number;
  /** About how often an idle outbox looks whether the router still has it all; 5,000 when absent. */
  readonly verifyInterval?: number;
  /** How far that stretches while others keep posting; 20,000 when absent. */
  readonly maxVerifyInterval?: number;
  readonly onEvent?: (event: OutboxEvent) => void;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** Gives a number in [0, 1). */
  readonly random?: () => number;
}

/** How an outbox ends. */
export interface OutboxEnd {
  /** How long the last posts may take, in milliseconds; 500 when absent. */
  readonly grace?: number;
  /**
   * Ends at once, without a last post, and cuts the request that is under way: for an emitter whose
   * right to post is over.
   */
  readonly cut?: AbortSignal;
}

/** How things stand. Times are Unix milliseconds. */
export interface OutboxStatus {
  /** The router is known to have everything that was last set. */
  readonly inSync: boolean;
  /** The router's copy is newer than what was last set, which is therefore not posted. */
  readonly isBehind: boolean;
  /** When the router last answered as one does; absent before it first did. */
  readonly lastAnswerAt?: number;
  readonly lastPostAt?: number;
  /** Why the last request came to nothing; absent after one that worked. */
  readonly error?: OutboxError;
  readonly position?: LogPosition;
}
