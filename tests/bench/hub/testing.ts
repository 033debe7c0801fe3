import type { HubResult, HubResults } from "./results.ts";

/** A run in which nothing was measured, for tests. */
export const NOTHING: HubResults = {
  at: Date.UTC(2026, 10, 21),
  machine: "2 cores",
  pinned: true,
  windowSeconds: 4,
  labels: { headrace: "Headrace", bare: "bare" },
  results: [],
  skipped: [],
};

/** One measurement, for tests. */
export function hubResult(some: Partial<HubResult> = {}): HubResult {
  return {
    peer: "headrace",
    leg: "batched",
    streams: 1,
    size: 100,
    tls: true,
    rate: 0,
    messagesPerSecond: 250_000,
    messagesPerFrame: 127.6,
    windowSeconds: 4,
    hubCpuSeconds: 4,
    cpuSecondsPerMillion: 4,
    latencyMs: { p50: 1.5, p99: 20, max: 30 },
    rssMb: 100,
    sent: 1_000_000,
    missing: 0,
    disorder: 0,
    clientCpuShare: 0.5,
    othersCpuShare: 0,
    ...some,
  };
}
