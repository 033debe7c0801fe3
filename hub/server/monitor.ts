import type { DropReason } from "../buffer/drop.ts";
import type { CapabilitiesMode } from "./admission.ts";

/** What the hub reports while it works, for metrics; nothing here may throw. */
export interface HubMonitor {
  opened(capabilities: CapabilitiesMode): void;
  refused(code: number): void;
  heartbeat(): void;
  heartbeatFailed(): void;
  received(messages: number): void;
  sent(messages: number, frames: number): void;
  dropped(reason: DropReason, packets?: number): void;
  /**
   * @param time when the event of a packet was, in seconds since the Unix epoch
   * @param lag seconds since then
   */
  eventTime(storyRun: string, step: string, time: number, lag: number): void;
  /** A run, `namespace/name`, is forgotten, with these steps. */
  ended(storyRun: string, steps: readonly string[]): void;
}

/** For whoever counts nothing. */
export const SILENT_MONITOR: HubMonitor = {
  opened() {},
  refused() {},
  heartbeat() {},
  heartbeatFailed() {},
  received() {},
  sent() {},
  dropped() {},
  eventTime() {},
  ended() {},
};
