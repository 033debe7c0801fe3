import { LatencyHistogram } from "../count/latency_histogram.ts";
import { Seen } from "../count/seen.ts";
import { readStamp } from "./stamp.ts";

/** What came from one step. Times are milliseconds. */
export interface ReceivedCount {
  readonly delivered: number;
  /** Packets that came again: at-least-once sends what it had no receipt for. */
  readonly repeated: number;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/** What one engram has done so far. */
export interface SampleCounts {
  readonly sent: number;
  /** By the step that sent it; "" for packets without a stamp, which commands send. */
  readonly received: Readonly<Record<string, ReceivedCount>>;
}

/** Counts what an engram sends and gets, by sender. */
export class SampleCounter {
  sent = 0;
  readonly #sources = new Map<string, Source>();

  /** @param now Unix time in milliseconds @returns whether the packet comes for the first time */
  received(metadata: Readonly<Record<string, string>>, now: number): boolean {
    const stamp = readStamp(metadata);
    const from = stamp?.from ?? "";
    let source = this.#sources.get(from);
    if (source === undefined) this.#sources.set(from, source = new Source());
    if (stamp === undefined) {
      source.delivered++;
      return true;
    }
    if (!source.seen.add(stamp.n)) {
      source.repeated++;
      return false;
    }
    source.delivered++;
    source.latency.record(now - stamp.at);
    return true;
  }

  get counts(): SampleCounts {
    return {
      sent: this.sent,
      received: Object.fromEntries(
        [...this.#sources].map(([from, { delivered, repeated, latency }]) => [from, {
          delivered,
          repeated,
          p50: latency.quantile(0.5),
          p99: latency.quantile(0.99),
        }]),
      ),
    };
  }
}

class Source {
  readonly seen = new Seen();
  readonly latency = new LatencyHistogram();
  delivered = 0;
  repeated = 0;
}
