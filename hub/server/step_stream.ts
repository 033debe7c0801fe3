import type { Drop, DropReason } from "../buffer/drop.ts";
import type { Offer } from "../buffer/packet_queue.ts";
import { Outbound, type OutboundState, type Parcel } from "../delivery/outbound.ts";
import { LegLedger } from "../delivery/leg_ledger.ts";
import { Receipts } from "../delivery/receipts.ts";
import { streamId } from "../delivery/stream_id.ts";
import { latestKey, partitionOf } from "../delivery/packet_key.ts";
import { METADATA } from "../proto/messages.ts";
import { WireError } from "../proto/wire_error.ts";
import { encodeIdentity, type Packet, type Replacement } from "../proto/packet.ts";
import type { WireWriter } from "../proto/wire_writer.ts";
import type { RunPlan, StepPlan } from "../story/run_plan.ts";
import type { RecordingStatus } from "../storage/recorder.ts";
import type { Detours, Waiter } from "./detours.ts";
import { checkDirection, laneOf } from "./packet_lane.ts";
import type { Session } from "./session.ts";

/** What became of the packets of one step on their way to another. */
export interface EdgeCount {
  /** Packets that were routed this way. */
  routed: number;
  /** Those of them that were given up, by reason. */
  readonly dropped: Map<DropReason, number>;
}

/**
 * What the hub keeps of one step of a run: what waits for it, what it has to acknowledge, and the
 * connection it has at the moment. It outlives connections, and is there before the first one.
 */
export class StepStream {
  readonly outbound: Outbound;
  /** What passed between here and the step's connectors. */
  readonly ledger: LegLedger;
  /** Of what this step sent. */
  readonly receipts: Receipts;
  readonly drops = new Map<DropReason, number>();
  /** Drops that nobody was told of yet. */
  unannounced = new Map<DropReason, number>();
  session: Session | undefined;
  /** Highest generation that was ever here: lower ones are stale. */
  generation = 0;
  /** Since when no connection is there, in milliseconds. */
  idleSince: number;
  received = 0;
  delivered = 0;
  flushed = 0;
  /** Packets of this step that went through routing, wherever they were routed to. */
  routed = 0;
  /** What came for this step, by the step that sent it. */
  readonly sources = new Map<string, EdgeCount>();
  /** What became of the packets of this step that a recording was asked for. */
  readonly recordings = new Map<RecordingStatus, number>();
  /** Producers that wait for room here. */
  readonly waiting = new Set<Waiter>();
  /** What this step sent and something has to happen for first; made when it is first needed. */
  detours: Detours | undefined;
  /** The absence, by its beginning, that was given up. */
  #givenUp: number | undefined;
  /** What the hub finds the run by: made once, as each packet asks for it. */
  readonly runKey: string;
  readonly #identity: Uint8Array;

  constructor(
    readonly run: Pick<RunPlan, "namespace" | "storyRun">,
    readonly plan: StepPlan,
    epoch: string,
    now: number,
    /** What a hub before this one has kept of it. */
    kept?: OutboundState,
  ) {
    const { namespace, storyRun } = run;
    this.runKey = `${namespace}/${storyRun}`;
    const { flow } = plan.policies;
    const { materializes: next } = plan;
    this.#identity = encodeIdentity({
      namespace,
      storyRun,
      step: plan.id,
      ...(next === undefined ? {} : { next }),
    });
    const name = kept?.streamId ?? streamId([namespace, storyRun, plan.id], epoch);
    this.outbound = new Outbound(name, plan.policies);
    this.ledger = new LegLedger(this.outbound.streamId);
    if (kept !== undefined) this.#restore(kept);
    this.receipts = new Receipts(flow.ackEvery);
    this.idleSince = now;
  }

  get id(): string {
    return this.plan.id;
  }

  /** Whether nobody acknowledges its packets, so that only counting tells what became of them. */
  get isBestEffort(): boolean {
    return this.plan.policies.delivery.semantics === "best_effort";
  }

  /** Whether somebody looks at what this step sends, beside its consumers. */
  get isObserved(): boolean {
    const { recording, watermark } = this.plan.policies;
    return recording !== undefined || watermark !== undefined;
  }

  countRecording(status: RecordingStatus): void {
    this.recordings.set(status, (this.recordings.get(status) ?? 0) + 1);
  }

  #restore(kept: OutboundState): void {
    this.outbound.restore(kept);
    for (const { parcel } of kept.packets) {
      if (parcel.source !== undefined) this.routedFrom(parcel.source);
    }
  }

  /** A packet was routed to this step. */
  routedFrom(source: string): void {
    this.#sourceOf(source).routed++;
  }

  /**
   * A packet of `source` as this step is to get it.
   *
   * @throws {WireError} when it cannot be sent to this step
   */
  parcel(
    source: string,
    packet: Packet,
    now: number,
    writer: WireWriter,
    replacement?: Replacement,
    settled?: (delivered: boolean) => void,
  ): Parcel {
    checkDirection(packet, this.plan.policies.buffer, this.id, "subscribe");
    // The step that a materialiser's answer is for is one more pair than others get.
    if (this.plan.materializes !== undefined && packet.metadataPairs > METADATA.maxPairs - 4) {
      throw new WireError("invalid", "DataPacket.metadata", "no room for the next step's pair");
    }
    const body = packet.bodyFor(this.#identity, writer, replacement);
    const { settings, policies: { buffer } } = this.plan;
    const { chunkId, chunkIndex, chunkCount, chunkBytes, totalBytes } = packet.envelope ?? {};
    const partition = partitionOf(packet, settings.partitioning);
    const key = latestKey(packet, buffer, partition);
    return {
      body,
      source,
      size: body.length,
      kind: laneOf(packet, buffer),
      at: now,
      partition,
      ...(key === undefined ? {} : { key }),
      ...(chunkCount
        ? { chunk: { chunkId, chunkIndex, chunkCount, chunkBytes, totalBytes } as Parcel["chunk"] }
        : {}),
      ...(settled === undefined ? {} : { settled }),
    } as Parcel;
  }

  /** Takes a packet, or says `full`; one that may not wait for its consumer is dropped. */
  offer(parcel: Parcel): Offer<Parcel> {
    if (this.session !== undefined || this.plan.waits) return this.outbound.offer(parcel);
    return { outcome: "dropped", drops: [{ item: parcel, reason: "retry_disabled" }] };
  }

  /**
   * Drops what waited or was kept too long; and once everything, when a connection that was here
   * does not come back within the time to drain of its settings.
   */
  expire(now: number): Drop<Parcel>[] {
    const { drain, drainTimeout } = this.plan.policies.lifecycle;
    const isGone = this.session === undefined && this.generation > 0;
    const isOver = drain && drainTimeout > 0 && now - this.idleSince >= drainTimeout;
    if (!isGone || !isOver || this.#givenUp === this.idleSince) return this.outbound.expire(now);
    this.#givenUp = this.idleSince;
    return this.outbound.clear("timeout");
  }

  /** Counts drops; whoever waits for the packet's fate learns that it will not come. */
  drop(drops: readonly Drop<Parcel>[]): void {
    for (const { item, reason } of drops) {
      this.countDrop(reason, item.source);
      item.settled?.(false);
    }
  }

  /** @param source absent when the packet is none of another step's */
  countDrop(reason: DropReason, source?: string): void {
    count(this.drops, reason);
    count(this.unannounced, reason);
    if (source !== undefined) count(this.#sourceOf(source).dropped, reason);
  }

  /** Counts packets that were lost and are not at hand; whose they were is known of one source. */
  countLost(reason: DropReason, packets: number): void {
    const [source] = this.sources.size === 1 ? this.sources.keys() : [];
    const all = [this.drops, this.unannounced];
    if (source !== undefined) all.push(this.#sourceOf(source).dropped);
    if (packets > 0) { for (const counts of all) count(counts, reason, packets); }
  }

  /** What was dropped since the last call, by reason; each drop is in one answer exactly. */
  announce(): Record<string, number> | undefined {
    if (this.unannounced.size === 0) return undefined;
    const counts = Object.fromEntries(this.unannounced);
    this.unannounced = new Map();
    return counts;
  }

  #sourceOf(source: string): EdgeCount {
    let edge = this.sources.get(source);
    if (edge === undefined) this.sources.set(source, edge = { routed: 0, dropped: new Map() });
    return edge;
  }
}

function count(counts: Map<DropReason, number>, reason: DropReason, packets = 1): void {
  counts.set(reason, (counts.get(reason) ?? 0) + packets);
}
