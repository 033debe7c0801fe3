/** Which StoryRun is meant. */
export interface RunKey {
  readonly namespace: string;
  readonly storyRun: string;
}

/** Why a run is degraded: the reasons of its condition `Degraded`. */
export type DegradedReason =
  /** A child story that nobody waits for failed. */
  | "DependencyFailed"
  /** A batch engram failed on a packet. */
  | "ExecutionFailed"
  /** Every streaming step has been gone for longer than the grace. */
  | "TopologyTerminated";

/**
 * Tells of the health of runs: the condition `Degraded` of the StoryRun. Both calls take note and
 * return at once, and never throw: whoever tells the API server retries and logs, and a StoryRun
 * that is gone is not an error.
 */
export interface RunConditions {
  /** `Degraded=True` with this reason; the message is for people. The latest call wins. */
  degrade(run: RunKey, reason: DegradedReason, message: string): void;
  /** `Degraded=False` if the run is degraded for this reason at the moment, else nothing. */
  recover(run: RunKey, reason: DegradedReason, message: string): void;
}
