import type { FanOutResult, IngestResult, SnapshotResult, StormResult } from "./results.ts";

/** What one measurement gives. */
export type Outcome = FanOutResult | IngestResult | StormResult | readonly SnapshotResult[];

/** The figures of a measurement that say most, in a few words. */
export function describe(outcome: Outcome): string {
  if ("deliveriesPerSecond" in outcome) {
    const { deliveriesPerSecond, deliveriesPerCpuSecond, latencyMs: { p50, p99 } } = outcome;
    return `${whole(deliveriesPerSecond)} deliveries/s, ${
      whole(deliveriesPerCpuSecond)
    } per CPU s, ` +
      `p50 ${p50} ms, p99 ${p99} ms`;
  }
  if ("messagesPerSecond" in outcome) {
    const { messagesPerSecond, messagesPerCpuSecond } = outcome;
    return `${whole(messagesPerSecond)} messages/s, ${whole(messagesPerCpuSecond)} per CPU s`;
  }
  if ("wholeMs" in outcome) return `whole after ${whole(outcome.wholeMs)} ms`;
  return outcome.map(({ kind, ms }) => `${kind} ${ms.p50} ms`).join(", ");
}

/** How much of a core other programs used meanwhile; 0 where that is not known. */
export function disturbanceOf(outcome: Outcome): number {
  return "othersCpuShare" in outcome ? outcome.othersCpuShare : 0;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
