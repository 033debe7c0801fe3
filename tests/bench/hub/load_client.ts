import type { Buckets } from "../histogram.ts";
import { ask } from "../load_client.ts";
import type { Placement } from "../pinning.ts";
import type { Sample } from "../proc.ts";

/** What the load client is told; see `load/order.go`. Times are milliseconds. */
export interface HubOrder {
  readonly addr: string;
  readonly pid: number;
  readonly certificates: string;
  readonly streams: number;
  readonly size: number;
  readonly batch: number;
  readonly rate: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly drainMs: number;
}

/** What came of it; messages and frames are those of the window. */
export interface HubAnswer {
  readonly messages: number;
  readonly frames: number;
  readonly windowMs: number;
  readonly clientCpuMs: number;
  readonly sent: number;
  readonly missing: number;
  readonly disorder: number;
  readonly latency: Buckets;
  readonly begin: Sample;
  readonly end: Sample;
}

/** Sends an order to the load client and waits for what came of it. */
export type HubLoadClient = (order: HubOrder) => Promise<HubAnswer>;

/** @throws {BenchError} `load` when an order cannot be carried out */
export function hubLoadClient(
  binary: string,
  placement: Placement,
  signal: AbortSignal,
): HubLoadClient {
  return (order) => ask(binary, order, placement, signal);
}
