import type { FlowPolicy } from "../../contracts/transport/policies.ts";
import type { FlowControl, PartitionAck, StreamEnvelope } from "../proto/messages.ts";

/** Partitions that one FlowControl may acknowledge. */
const MAX_PARTITIONS = 256;

interface Arrived {
  readonly sequence: number;
  done: boolean;
}

interface Partition {
  /** Arrived and not yet acknowledged, in the order of arrival. */
  readonly pending: Arrived[];
  last: number;
  ack: number;
  reported: number;
}

/**
 * The receiving half of a leg: which packets came, which are done with, and when to say so.
 *
 * What is acknowledged is the longest run of packets that are all done with: never a packet that
 * still is on its way to the engram, however many after it are finished. A leg is one ordered
 * stream, so a number that was skipped will not come and is not waited for.
 */
export class Receipts {
  readonly #streams = new Map<string, Map<string, Partition>>();
  #current: string | undefined;
  #messages = 0;
  #bytes = 0;
  #since: number | undefined;

  /** @param ackEvery how often acknowledgements go out; `maxDelay` 0 means 250 ms */
  constructor(readonly ackEvery: FlowPolicy["ackEvery"]) {}

  /**
   * A packet came. When its sequence came before on the same stream, it is `pending` while the first
   * one is not done with, and `duplicate` after: a duplicate is to be reported done like any packet,
   * since it took credit.
   */
  arrived(envelope: StreamEnvelope | undefined): "new" | "pending" | "duplicate" {
    const sequence = Number(envelope?.sequence ?? 0);
    if (sequence === 0) return "new";
    const partition = this.#partition(envelope?.streamId ?? "", envelope?.partition ?? "");
    if (sequence <= partition.last) {
      return partition.pending.some((entry) => entry.sequence === sequence && !entry.done)
        ? "pending"
        : "duplicate";
    }
    partition.last = sequence;
    partition.pending.push({ sequence, done: false });
    return "new";
  }

  /**
   * A packet is done with: handed on or processed, as the stream's semantics ask.
   *
   * @param size bytes to give credit for
   * @param now milliseconds
   */
  done(envelope: StreamEnvelope | undefined, size: number, now: number): void {
    this.#messages++;
    this.#bytes += size;
    this.#since ??= now;
    const sequence = Number(envelope?.sequence ?? 0);
    if (sequence === 0) return;
    const partition = this.#partition(envelope?.streamId ?? "", envelope?.partition ?? "");
    const entry = partition.pending.find((arrived) => arrived.sequence === sequence);
    if (entry === undefined) return;
    entry.done = true;
    while (partition.pending[0]?.done) partition.ack = partition.pending.shift()!.sequence;
  }

  /** When the next acknowledgement is due, in milliseconds; undefined when there is nothing to say. */
  get dueAt(): number | undefined {
    if (this.#since === undefined) return undefined;
    const { messages, bytes, maxDelay } = this.ackEvery;
    if (this.#messages >= messages || bytes > 0 && this.#bytes >= bytes) return this.#since;
    return this.#since + (maxDelay || 250);
  }

  /** What to tell the sender now: nothing, or as many messages as its partitions need. */
  take(): FlowControl[] {
    if (this.#since === undefined) return [];
    const acks: PartitionAck[] = [];
    let ack: number | undefined;
    for (const [streamId, partitions] of this.#streams) {
      if (this.#current !== undefined && streamId !== this.#current) continue;
      for (const [name, partition] of partitions) {
        if (partition.ack === partition.reported) continue;
        partition.reported = partition.ack;
        if (name === "") ack = partition.ack;
        else acks.push({ partition: name, ack: partition.ack });
      }
    }
    const first: FlowControl = {
      ...(ack === undefined ? {} : { ack }),
      creditsMessages: this.#messages,
      creditsBytes: Math.min(this.#bytes, 0xffff_ffff),
    };
    this.#messages = this.#bytes = 0;
    this.#since = undefined;
    if (acks.length === 0) return [first];
    const flows: FlowControl[] = [];
    for (let from = 0; from < acks.length; from += MAX_PARTITIONS) {
      const partitionAcks = acks.slice(from, from + MAX_PARTITIONS);
      flows.push(from === 0 ? { ...first, partitionAcks } : { partitionAcks });
    }
    return flows;
  }

  /** A new connection of the same sender: it gives full credit itself, and acks are said anew. */
  reconnect(now: number): void {
    this.#messages = this.#bytes = 0;
    for (const partitions of this.#streams.values()) {
      for (const partition of partitions.values()) partition.reported = 0;
    }
    this.#since = this.#streams.size > 0 ? now : undefined;
  }

  /**
   * Forgets all streams but this one: a sender that restarted has a new epoch. What still comes to
   * an end of the old ones is not told any more, as its numbers would be read as the new one's.
   */
  only(streamId: string): void {
    this.#current = streamId;
    for (const known of this.#streams.keys()) {
      if (known !== streamId) this.#streams.delete(known);
    }
  }

  #partition(streamId: string, name: string): Partition {
    let partitions = this.#streams.get(streamId);
    if (partitions === undefined) this.#streams.set(streamId, partitions = new Map());
    let partition = partitions.get(name);
    if (partition === undefined) {
      partitions.set(name, partition = { pending: [], last: 0, ack: 0, reported: 0 });
    }
    return partition;
  }
}
