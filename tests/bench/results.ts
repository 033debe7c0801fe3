import type { Latency } from "./histogram.ts";
import type { Failures } from "./load_client.ts";

/** One server under one load. */
export interface FanOutResult {
  readonly peer: string;
  readonly subscribers: number;
  /** Messages a second that are published. */
  readonly rate: number;
  readonly deliveriesPerSecond: number;
  /** Of all of the server's processes within the window. */
  readonly serverCpuSeconds: number;
  readonly windowSeconds: number;
  readonly deliveriesPerCpuSecond: number;
  /** From the time at which a message was due to be sent until a subscriber read it. */
  readonly latencyMs: Latency;
  /** From a publisher's request until its answer. */
  readonly publishMs: Latency;
  /** Resident memory that came with the streams of a server that had done nothing yet, a stream. */
  readonly kbPerConnection: number;
  /** Resident memory at the end of the window. */
  readonly rssMb: number;
  readonly connectMs: number;
  readonly published: number;
  /** Messages × subscribers that had not arrived some seconds after the last was published. */
  readonly missing: number;
  readonly duplicates: number;
  readonly bytesPerSecond: number;
  /** How much of its own core the load client used: near 1 it measures itself. */
  readonly clientCpuShare: number;
  /** How much of a core all other programs used meanwhile: well above 0 the figures are too low. */
  readonly othersCpuShare: number;
  readonly failures: Failures;
}

/** How fast one server takes messages that nobody reads. */
export interface IngestResult {
  readonly peer: string;
  readonly form: "single" | "batch" | "ndjson";
  readonly messagesPerRequest: number;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly messagesPerSecond: number;
  readonly serverCpuSeconds: number;
  readonly windowSeconds: number;
  readonly messagesPerCpuSecond: number;
  readonly answerMs: Latency;
  readonly clientCpuShare: number;
  readonly othersCpuShare: number;
  readonly failures: Failures;
}

/** From this share of a core on, other programs have disturbed a measurement. */
export const DISTURBANCE = 0.1;

/** How long clients that all come back at once take until they have what they missed. */
export interface StormResult {
  readonly peer: string;
  readonly clients: number;
  /** Messages that each of them missed. */
  readonly missed: number;
  /** Until the last client was whole. */
  readonly wholeMs: number;
  /** From a client's own connect until it was whole. */
  readonly clientMs: Latency;
  readonly serverCpuSeconds: number;
  readonly missing: number;
  readonly duplicates: number;
  readonly failures: Failures;
}

/** How long a reader waits for a large flow. */
export interface SnapshotResult {
  readonly peer: string;
  readonly nodes: number;
  readonly bytes: number;
  /** `get` and `stream` follow a change of the flow; `get-again` repeats a read. */
  readonly kind: "get" | "get-again" | "stream";
  readonly ms: Latency;
}

/** A part of the bench that could not be run, and why. */
export interface Skipped {
  readonly what: string;
  readonly why: string;
}

/** A run of the bench. */
export interface Results {
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly machine: string;
  readonly pinned: boolean;
  readonly windowSeconds: number;
  /** Peers' names to how the tables call them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly fanOut: readonly FanOutResult[];
  readonly idle: readonly FanOutResult[];
  readonly connections: readonly FanOutResult[];
  readonly ingest: readonly IngestResult[];
  readonly storm: readonly StormResult[];
  readonly snapshot: readonly SnapshotResult[];
  readonly skipped: readonly Skipped[];
}
