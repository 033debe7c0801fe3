import type { Policies } from "../../contracts/transport/policies.ts";
import type { Drop } from "../buffer/drop.ts";
import type { Queued } from "../buffer/lane.ts";
import { type Offer, PacketQueue } from "../buffer/packet_queue.ts";
import { SendWindow } from "./send_window.ts";
import { type FlowControl, FlowControlSignal, type StreamEnvelope } from "../proto/messages.ts";

/** A packet on its way to one consumer. */
export interface Parcel extends Queued {
  /** The packet without an envelope. */
  readonly body: Uint8Array;
  readonly partition: string;
  /** The step that sent it, where packets of several come together. */
  readonly source?: string;
  /** Set when the packet is one piece of a larger one, which the engram puts together. */
  readonly chunk?: Chunk;
  /** Told once, when nothing more will happen to it: delivered as the settings promise, or not. */
  readonly settled?: (delivered: boolean) => void;
}

/** The chunk fields of an envelope. */
export type Chunk = Pick<
  StreamEnvelope,
  "chunkId" | "chunkIndex" | "chunkCount" | "chunkBytes" | "totalBytes"
>;

/** What goes on the wire next. */
export interface Sendable {
  readonly body: Uint8Array;
  readonly envelope?: StreamEnvelope;
  readonly parcel: Parcel;
  /** Sent before, to a connection that is gone. */
  readonly replayed: boolean;
}

/** The settings that a sender needs. */
export type DeliveryPolicies = Pick<Policies, "buffer" | "flow" | "delivery" | "lifecycle">;

/** What has to be known of a sender to go on where it was. Times are the caller's clock. */
export interface OutboundState {
  readonly streamId: string;
  /** Highest number that may be in use, of whatever counter. */
  readonly lastSequence: number;
  /** What is not acknowledged, in the order in which it was sent, then what waits. */
  readonly packets: readonly {
    readonly parcel: Parcel;
    /** 0: it was not sent yet. */
    readonly sequence: number;
    readonly sentAt: number;
  }[];
}

interface Unacked {
  readonly parcel: Parcel;
  readonly sequence: number;
  readonly sentAt: number;
  /** Position among everything that was sent: partitions are replayed as they were interleaved. */
  readonly order: number;
  acked: boolean;
}

/**
 * The sending half of a leg: what waits, what was sent and may be needed again, and whether the
 * other side has room. It outlives connections: what was not acknowledged is sent again, in order
 * and under the same numbers, to the next one.
 *
 * Pure: time is passed in, bytes are handed out by {@linkcode Outbound.next}.
 */
export class Outbound {
  readonly queue: PacketQueue<Parcel>;
  readonly #unacked = new Map<string, Unacked[]>();
  readonly #sequences = new Map<string, number>();
  readonly #acks = new Map<string, number>();
  #lastRestored = 0;
  #replay: Unacked[] = [];
  #unackedCount = 0;
  #order = 0;
  #connected = false;
  #paused = false;
  #messageCredits = 0;
  #byteCredits = 0;
  /** Sizes of what was sent on credit, oldest first: credit comes back by messages. */
  #onCredit: number[] = [];
  readonly #window: SendWindow;
  #changes = 0;
  #flushed = 0;

  constructor(readonly streamId: string, readonly policies: DeliveryPolicies) {
    this.queue = new PacketQueue(policies.buffer);
    this.#window = new SendWindow(policies.flow);
  }

  /** Highest number that was acknowledged, by counter. */
  get acks(): ReadonlyMap<string, number> {
    return this.#acks;
  }

  /** Counts everything that changes {@linkcode Outbound.state}. */
  get changes(): number {
    return this.#changes;
  }

  /** What a sender after this one has to know. */
  state(): OutboundState {
    const unacked = [...this.#unacked.values()].flat().sort((a, b) => a.order - b.order);
    return {
      streamId: this.streamId,
      lastSequence: this.#sequences.values()
        .reduce((highest, one) => Math.max(highest, one), this.#lastRestored),
      packets: [
        ...unacked.map(({ parcel, sequence, sentAt }) => ({ parcel, sequence, sentAt })),
        ...this.queue.waiting().map((parcel) => ({ parcel, sequence: 0, sentAt: 0 })),
      ],
    };
  }

  /** Goes on where a sender of the same stream was. To be called before anything else. */
  restore({ lastSequence, packets }: OutboundState): void {
    this.#lastRestored = lastSequence;
    for (const { parcel, sequence, sentAt } of packets) {
      this.queue.restore(parcel, sequence > 0);
      if (sequence === 0) continue;
      this.#keep(parcel.partition, { parcel, sequence, sentAt, order: 0, acked: false });
    }
  }

  get connected(): boolean {
    return this.#connected;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Packets that were sent after they had waited for longer than a turn. */
  get flushed(): number {
    return this.#flushed;
  }

  /** Packets that were sent and not acknowledged. */
  get unacked(): number {
    return this.#unackedCount;
  }

  /** Messages that may still be sent; Infinity without credits. */
  get credits(): number {
    return this.policies.flow.mode === "credits" ? this.#messageCredits : Infinity;
  }

  /**
   * Whether packets that find no room make their producer wait, instead of being dropped. Always
   * where loss is ruled out. With flow control only while the consumer is there: one that never
   * comes must not hold up a story that is best effort.
   */
  get holdsProducers(): boolean {
    const { buffer, delivery, flow } = this.policies;
    return buffer.dropPolicy === "block" || delivery.semantics === "at_least_once" ||
      flow.mode !== "none" && this.#connected;
  }

  /** Takes a packet, or says `full`: try again after something was sent, acknowledged or dropped. */
  offer(parcel: Parcel): Offer<Parcel> {
    const offer = this.queue.offer(parcel, this.holdsProducers);
    if (offer.outcome === "queued") this.#changes++;
    return offer;
  }

  /** A consumer is there: full credit, and everything unacknowledged is due again. */
  connect(): void {
    const { initialMessages, initialBytes } = this.policies.flow;
    this.#connected = true;
    this.#paused = false;
    this.#messageCredits = initialMessages;
    this.#byteCredits = initialBytes;
    this.#onCredit = [];
    this.#window.clear();
    this.#replay = [...this.#unacked.values()].flat().sort((a, b) => a.order - b.order);
  }

  disconnect(): void {
    this.#connected = false;
    this.#replay = [];
  }

  /** The next packet to send, or undefined when there is none or the consumer has no room. */
  next(now: number): Sendable | undefined {
    if (!this.#connected || this.#paused) return undefined;
    while (this.#replay[0]?.acked) this.#replay.shift();
    const again = this.#replay[0];
    if (again !== undefined) {
      const counter = this.#counterOf(again.parcel.partition);
      const { size } = again.parcel;
      if (!this.#hasCredit(size) || !this.#window.admits(counter, size)) return undefined;
      this.#replay.shift();
      return this.#send(again.parcel, again.sequence, true);
    }
    const waiting = this.queue.peek();
    if (waiting === undefined || !this.#hasCredit(waiting.size)) return undefined;
    const keep = this.policies.delivery.semantics === "at_least_once";
    const { maxInFlight } = this.policies.lifecycle;
    if (keep && maxInFlight > 0 && this.#unackedCount >= maxInFlight) return undefined;
    const counter = this.#counterOf(waiting.partition);
    const sequence = this.#isNumbered
      ? (this.#sequences.get(counter) ?? this.#lastRestored) + 1
      : 0;
    if (!this.#window.admits(counter, waiting.size)) return undefined;
    this.#changes++;
    if (now > waiting.at) this.#flushed++;
    if (sequence > 0) this.#sequences.set(counter, sequence);
    if (keep) {
      this.queue.lend();
      this.#keep(waiting.partition, {
        parcel: waiting,
        sequence,
        sentAt: now,
        order: 0,
        acked: false,
      });
    } else {
      this.queue.take();
      waiting.settled?.(true);
    }
    return this.#send(waiting, sequence, false);
  }

  /** Takes acknowledgements, credits and signals; true when more may be sent now. */
  flow(control: FlowControl): boolean {
    if (control.signal === FlowControlSignal.pause) this.#paused = true;
    if (control.signal === FlowControlSignal.resume) this.#paused = false;
    const messages = control.creditsMessages ?? 0;
    this.#messageCredits += messages;
    // By our own sizes where we can: the consumer counts the packet in another form, and the
    // difference would add up until nothing could be sent.
    for (const size of this.#onCredit.splice(0, messages)) this.#byteCredits += size;
    if (messages === 0) this.#byteCredits += control.creditsBytes ?? 0;
    if (control.ack) this.#acknowledge("", Number(control.ack));
    for (const { partition = "", ack } of control.partitionAcks ?? []) {
      if (ack) this.#acknowledge(partition, Number(ack));
    }
    return this.#connected && !this.#paused && (this.queue.size > 0 || this.#replay.length > 0);
  }

  /** Drops what waited or was kept for too long. */
  expire(now: number): Drop<Parcel>[] {
    const drops = this.queue.expire(now);
    this.#changes += drops.length;
    const { retention } = this.policies.delivery;
    if (retention > 0) {
      for (const entries of this.#unacked.values()) {
        while (entries[0] !== undefined && now - entries[0].sentAt > retention) {
          const entry = entries.shift()!;
          this.#release(entry);
          drops.push({ item: entry.parcel, reason: "retry_exhausted" });
        }
      }
    }
    return drops;
  }

  /** Gives everything up, for good. */
  clear(reason: "timeout" | "evicted"): Drop<Parcel>[] {
    const drops: Drop<Parcel>[] = [...this.#unacked.values()].flat().sort((a, b) =>
      a.order - b.order
    ).map((entry) => {
      this.#release(entry);
      return { item: entry.parcel, reason };
    });
    this.#unacked.clear();
    this.#replay = [];
    this.#changes++;
    return [...drops, ...this.queue.clear(reason)];
  }

  get #isNumbered(): boolean {
    const { ordering, semantics } = this.policies.delivery;
    return ordering !== "none" || semantics === "at_least_once";
  }

  /** Numbers are counted by partition only where order is asked for by partition. */
  #counterOf(partition: string): string {
    return this.policies.delivery.ordering === "per_partition" ? partition : "";
  }

  #hasCredit(size: number): boolean {
    if (this.policies.flow.mode !== "credits") return true;
    if (this.#messageCredits <= 0) return false;
    // A packet larger than all the credit there is goes alone: else it would wait forever.
    return this.#byteCredits >= size || this.#onCredit.length === 0;
  }

  #keep(partition: string, entry: Unacked): void {
    let entries = this.#unacked.get(partition);
    if (entries === undefined) this.#unacked.set(partition, entries = []);
    entries.push({ ...entry, order: this.#order++ });
    this.#unackedCount++;
  }

  #acknowledge(partition: string, ack: number): void {
    const counter = this.#counterOf(partition);
    this.#acks.set(counter, Math.max(ack, this.#acks.get(counter) ?? 0));
    this.#window.acknowledged(counter, ack);
    this.#changes++;
    const entries = this.#unacked.get(partition);
    if (entries === undefined) return;
    const kept = entries.findIndex(({ sequence }) => sequence > ack);
    for (const entry of entries.splice(0, kept === -1 ? entries.length : kept)) {
      this.#release(entry);
      entry.parcel.settled?.(true);
    }
    if (entries.length === 0) this.#unacked.delete(partition);
  }

  #release(entry: Unacked): void {
    this.#changes++;
    entry.acked = true;
    this.#unackedCount--;
    this.queue.settle(entry.parcel);
  }

  #send(parcel: Parcel, sequence: number, replayed: boolean): Sendable {
    if (this.policies.flow.mode === "credits") {
      this.#messageCredits--;
      this.#byteCredits -= parcel.size;
      this.#onCredit.push(parcel.size);
    }
    const { body, partition, chunk } = parcel;
    this.#window.sent(this.#counterOf(partition), sequence, parcel.size);
    if (sequence === 0 && partition === "" && chunk === undefined) {
      return { body, parcel, replayed };
    }
    // A chunk must name its stream, numbered or not.
    const named = sequence > 0 || chunk !== undefined;
    const envelope: StreamEnvelope = { ...chunk };
    if (named) envelope.streamId = this.streamId;
    if (sequence > 0) envelope.sequence = sequence;
    if (partition !== "") envelope.partition = partition;
    return { body, envelope, parcel, replayed };
  }
}
