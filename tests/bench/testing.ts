import type { FanOutResult, IngestResult, Results, StormResult } from "./results.ts";

const LATENCY = { p50: 1.5, p99: 20, max: 30 };

/** A run in which nothing was measured, for tests. */
export const NOTHING: Results = {
  at: Date.UTC(2026, 10, 21),
  machine: "2 cores",
  pinned: true,
  windowSeconds: 4,
  labels: { headrace: "Headrace", nchan: "Nchan" },
  fanOut: [],
  idle: [],
  connections: [],
  ingest: [],
  storm: [],
  snapshot: [],
  skipped: [],
};

/** One cell of the big table, for tests. */
export function fanOutResult(some: Partial<FanOutResult>): FanOutResult {
  return {
    peer: "headrace",
    subscribers: 1000,
    rate: 1000,
    deliveriesPerSecond: 1_000_000,
    serverCpuSeconds: 2,
    windowSeconds: 4,
    deliveriesPerCpuSecond: 2_000_000,
    latencyMs: LATENCY,
    publishMs: LATENCY,
    kbPerConnection: 20,
    rssMb: 100,
    connectMs: 200,
    published: 4000,
    missing: 0,
    duplicates: 0,
    bytesPerSecond: 3e8,
    clientCpuShare: 0.5,
    othersCpuShare: 0,
    failures: {},
    ...some,
  };
}

/** One row of the ingest table, for tests. */
export function ingestResult(some: Partial<IngestResult>): IngestResult {
  return {
    peer: "headrace",
    form: "single",
    messagesPerRequest: 1,
    connections: 32,
    requestsPerSecond: 10_000,
    messagesPerSecond: 10_000,
    serverCpuSeconds: 4,
    windowSeconds: 4,
    messagesPerCpuSecond: 10_000,
    answerMs: LATENCY,
    clientCpuShare: 0.3,
    othersCpuShare: 0,
    failures: {},
    ...some,
  };
}

/** One row of the storm's table, for tests. */
export function stormResult(some: Partial<StormResult>): StormResult {
  return {
    peer: "headrace",
    clients: 5000,
    missed: 100,
    wholeMs: 900,
    clientMs: LATENCY,
    serverCpuSeconds: 0.8,
    missing: 0,
    duplicates: 0,
    failures: {},
    ...some,
  };
}
