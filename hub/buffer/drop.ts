/** Why a packet was not delivered: the values of the `reason` label. */
export const DROP_REASONS = [
  /** It alone is larger than the buffer, or than its lane. */
  "oversize",
  "lane_oversize",
  /** No room, and the newest gives way. */
  "buffer_full",
  "lane_full",
  /** No room, and the oldest gives way. */
  "drop_oldest",
  "drop_oldest_lane",
  /** A newer packet of the same key took its place. */
  "latest_per_key",
  /** It waited longer than `maxAgeSeconds`. */
  "expired",
  /** Its consumer is not there, and its retry policy has packets not wait. */
  "retry_disabled",
  /** Sent again and again, never acknowledged within `retentionSeconds`. */
  "retry_exhausted",
  /** Sent, and the consumer left before it said that it has it; nobody will send it again. */
  "unconfirmed",
  /** It was on a connection that broke, and the other end never had it. */
  "connection_lost",
  /** A process died that had taken it, or was to take it, and nobody after that one had it. */
  "process_lost",
  /** Its consumer does not come: buffer unused for longer than the eviction TTL. */
  "evicted",
  "max_buffers",
  /** The hub or the run ends, and the drain time is over. */
  "timeout",
  /** It cannot be sent in keeping with the contract's rules. */
  "invalid",
  /** A template of its consumer failed on it. */
  "route_error",
  /** It is not what the template of the engram that put it out, or is to take it, says. */
  "schema",
  /** A newer packet of its source took its place while it waited for a primitive or a job. */
  "cancelled",
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** A packet that will not be delivered. */
export interface Drop<T> {
  readonly item: T;
  readonly reason: DropReason;
}
