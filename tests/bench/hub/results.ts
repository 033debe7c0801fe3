import type { Latency } from "../histogram.ts";
import type { Skipped } from "../results.ts";
import type { Leg } from "./peer.ts";

/** What is put on a hub. */
export interface HubLoad {
  /** Producers, each with a consumer and each with a connection of its own. */
  readonly streams: number;
  /** Bytes of a message's payload. */
  readonly size: number;
  readonly tls: boolean;
  /** Messages a second over all streams; 0 is as fast as the hub takes them. */
  readonly rate: number;
}

/** One leg of one hub under one load. */
export interface HubResult extends HubLoad {
  readonly peer: string;
  readonly leg: Leg;
  /** Delivered to consumers within the window. */
  readonly messagesPerSecond: number;
  readonly messagesPerFrame: number;
  readonly windowSeconds: number;
  /** Of all of the hub's processes within the window. */
  readonly hubCpuSeconds: number;
  readonly cpuSecondsPerMillion: number;
  /** From the time at which a message was due to be sent until its consumer read it. */
  readonly latencyMs: Latency;
  /** Resident memory at the end of the window. */
  readonly rssMb: number;
  /** Messages of the whole run, and those of them that never arrived or not in order. */
  readonly sent: number;
  readonly missing: number;
  readonly disorder: number;
  /** How much of its own core the load client used: near 1 it measures itself. */
  readonly clientCpuShare: number;
  /** How much of a core all other programs used meanwhile: well above 0 the figures are too low. */
  readonly othersCpuShare: number;
}

/** A run of the hub's bench. */
export interface HubResults {
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly machine: string;
  readonly pinned: boolean;
  readonly windowSeconds: number;
  /** Peers' names to how the tables call them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly results: readonly HubResult[];
  readonly skipped: readonly Skipped[];
}
