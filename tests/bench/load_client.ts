import { BenchError } from "./errors.ts";
import type { Buckets } from "./histogram.ts";
import { pinned, type Placement } from "./pinning.ts";
import type { Sample } from "./proc.ts";

/** What the load client is told; see `load/config.go`. Times are milliseconds. */
export interface Order {
  readonly mode: "fanout" | "ingest" | "storm" | "latency" | "quiet";
  readonly addr?: string;
  readonly pid?: number;
  readonly subscribe?: string;
  readonly resume?: string;
  readonly publish?: string;
  readonly subscribers?: number;
  readonly rate?: number;
  readonly warmUpRate?: number;
  readonly connections?: number;
  readonly count?: number;
  readonly byMarker?: boolean;
  readonly prelude?: number;
  readonly settleMs?: number;
  readonly warmUpMs?: number;
  readonly windowMs?: number;
  readonly drainMs?: number;
}

/** What went wrong, by reason. */
export type Failures = Readonly<Record<string, number>>;

/** The answer to a `fanout` order. Deliveries and bytes are those of the window. */
export interface FanOutAnswer {
  readonly connectMs: number;
  readonly connected: number;
  readonly published: number;
  readonly deliveries: number;
  readonly distinct: number;
  readonly duplicates: number;
  readonly disorder: number;
  readonly missing: number;
  readonly bytes: number;
  readonly windowMs: number;
  readonly clientCpuMs: number;
  readonly publishers: number;
  readonly failures: Failures;
  readonly latency: Buckets;
  readonly answer: Buckets;
  /** Before the streams, with them, and at both ends of the window. */
  readonly idle: Sample;
  readonly opened: Sample;
  readonly begin: Sample;
  readonly end: Sample;
}

/** The answer to an `ingest` order. */
export interface IngestAnswer {
  readonly requests: number;
  readonly windowMs: number;
  readonly clientCpuMs: number;
  readonly failures: Failures;
  readonly answer: Buckets;
  readonly begin: Sample;
  readonly end: Sample;
}

/** The answer to a `storm` order. */
export interface StormAnswer {
  readonly connected: number;
  readonly wholeMs: number;
  readonly client: Buckets;
  readonly duplicates: number;
  readonly missing: number;
  readonly failures: Failures;
  readonly clientCpuMs: number;
  readonly begin: Sample;
  readonly end: Sample;
}

/** The answer to a `latency` order. */
export interface LatencyAnswer {
  readonly answer: Buckets;
  readonly bytes: number;
  readonly begin: Sample;
  readonly end: Sample;
}

/** The answer to a `quiet` order. */
export interface QuietAnswer {
  readonly quiet: boolean;
}

interface Answers {
  readonly fanout: FanOutAnswer;
  readonly ingest: IngestAnswer;
  readonly storm: StormAnswer;
  readonly latency: LatencyAnswer;
  readonly quiet: QuietAnswer;
}

/** Sends an order to the load client and waits for what came of it. */
export type LoadClient = <O extends Order>(order: O) => Promise<Answers[O["mode"]]>;

/** @throws {BenchError} `load` when an order cannot be carried out */
export function loadClient(binary: string, placement: Placement, signal: AbortSignal): LoadClient {
  return (order) => ask(binary, order, placement, signal);
}

/**
 * Gives a load client an order as JSON, and its answer from JSON.
 *
 * @throws {BenchError} `load` when the order cannot be carried out
 */
export async function ask<T>(
  binary: string,
  order: unknown,
  placement: Placement,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const { program, args } = pinned({ program: binary, args: [] }, placement);
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(order)));
  await writer.close();
  const [{ success }, stdout, stderr] = await Promise.all([
    child.status,
    child.stdout.text(),
    child.stderr.text(),
  ]);
  signal.throwIfAborted();
  if (success) return JSON.parse(stdout);
  throw new BenchError("load", stderr.trim() || "the load client failed");
}
