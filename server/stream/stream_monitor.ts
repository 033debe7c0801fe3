import type { HelloReason } from "../../contracts/hello.ts";

/** What is worth counting about streams. */
export interface StreamMonitor {
  /** A stream began, or a reader was moved forward in mid-stream. */
  started(reason: HelloReason): void;
  closed(): void;
  /** Bytes went to a reader. */
  wrote(bytes: number): void;
  /** Messages went to a reader. */
  delivered(messages: number): void;
  /** A reader was cut off: it took nothing for too long, or slow readers filled the memory. */
  cutOff(why: "stuck" | "memory"): void;
  /** One round of writes to the readers of a flow, which had waited for it. */
  round(writes: number, waitMs: number, ms: number): void;
}

/** Counts nothing. */
export const NO_MONITOR: StreamMonitor = {
  started() {},
  closed() {},
  wrote() {},
  delivered() {},
  cutOff() {},
  round() {},
};
