import type { DropReason } from "../buffer/drop.ts";

/** What a connector counts since its start. */
export class Tally {
  /** Packets sent, and packets handed to the engram; repetitions included. */
  sent = 0;
  delivered = 0;
  /** Packets that came for the engram, the first time. */
  received = 0;
  /** Times that the hub, or the peer, was there anew. */
  connections = 0;
  /** Packets given up, by reason. */
  readonly drops = new Map<DropReason, number>();
  /** Those of them that were on their way to the engram. */
  readonly downstreamDrops = new Map<DropReason, number>();
  #unannounced = new Map<DropReason, number>();

  drop(reason: DropReason, direction: "upstream" | "downstream", packets = 1): void {
    if (packets === 0) return;
    increment(this.drops, reason, packets);
    increment(this.#unannounced, reason, packets);
    if (direction === "downstream") increment(this.downstreamDrops, reason, packets);
  }

  /** What was dropped since the last call, by reason; each drop is in one answer exactly. */
  announce(): Record<string, number> | undefined {
    if (this.#unannounced.size === 0) return undefined;
    const counts = Object.fromEntries(this.#unannounced);
    this.#unannounced = new Map();
    return counts;
  }
}

function increment(counts: Map<DropReason, number>, reason: DropReason, packets: number): void {
  counts.set(reason, (counts.get(reason) ?? 0) + packets);
}
