import type { StreamEnvelope } from "../proto/messages.ts";
import type { Source } from "./source.ts";

/** A packet for the engram, as a DataResponse. */
export interface Delivery {
  readonly data: Uint8Array;
  readonly envelope: StreamEnvelope | undefined;
  /** Bytes of the packet as its sender counts them. */
  readonly size: number;
  /** When it came, in milliseconds. */
  readonly at: number;
  readonly source: Source;
  /** Which of the source's connections it came over. */
  readonly connection: number;
}

/** A packet that the engram was given and has said nothing of. */
interface Open {
  readonly delivery: Delivery;
  /** Whether its bytes are held, to hand it over again. */
  readonly kept: boolean;
  /** Whether a receipt of its own is expected: the SDK writes one for all chunks of a packet. */
  readonly counts: boolean;
  /** Counts what is handed over: a later one is higher. */
  turn: number;
  /** When it was handed over first, and last. */
  readonly since: number;
  at: number;
  repetitions: number;
}

/**
 * The SDK drops a receipt that finds its queue full, and forgets with it that the packet came. So a
 * packet is handed over again when one after it is done with and it is not, or when nothing is heard
 * of it for long; the SDK leaves out what its engram still works on. Milliseconds, doubled with each
 * repetition.
 */
const OVERTAKEN_MS = 200;
const SILENT_MS = 2_000;
const LONGEST_MS = 60_000;
/** The SDK gives up a packet whose chunks do not all come within this time. */
const CHUNK_MS = 120_000;
/** An engram that is silent for so long works on many packets at once, or on each for long. */
const STANDSTILL_MS = 50;

/** Receipts that the SDK has room for unless it is told otherwise. */
export const SDK_RECEIPTS = 16;

export interface InboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** How many receipts the engram's SDK has room for; the default is the SDK's. */
  readonly receipts?: number;
}

/**
 * A packet that nothing is heard of: to be handed over `again`; `over`, since nobody keeps it and
 * the engram has made of it what it wanted; or `expired`, a chunk of a packet that never was whole.
 */
export interface Overdue {
  readonly delivery: Delivery;
  readonly outcome: "again" | "over" | "expired";
}

/**
 * What came for the engram: waiting to be handed over, or handed over and not done with. The latter
 * is handed over again when the engram comes anew.
 */
export class Inbox {
  #waiting: Delivery[] = [];
  readonly #open = new Map<string, Open>();
  #bytes = 0;
  #kept = 0;
  #turn = 0;
  /** Receipts that are to come. */
  #expected = 0;
  /** The latest of those that are done with. */
  #latestDone = 0;
  /**
   * How many receipts may be expected at once. As many as the SDK has room for, so that none is
   * lost (without it a quick engram got 22% of 10,000 packets twice and took five times as long);
   * more while the engram does not finish any, as one may that works on many at once.
   */
  #window: number;
  readonly #smallest: number;
  /** When one was handed over or done with last. */
  #moved = -Infinity;

  constructor(readonly limits: InboxLimits) {
    this.#smallest = this.#window = limits.receipts ?? SDK_RECEIPTS;
  }

  get messages(): number {
    return this.#waiting.length + this.#kept;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the hub should hold back what it has. */
  get isFull(): boolean {
    return this.messages >= this.limits.maxMessages || this.#bytes >= this.limits.maxBytes;
  }

  push(delivery: Delivery): void {
    this.#waiting.push(delivery);
    this.#bytes += delivery.data.length;
  }

  /**
   * Takes the next packet, unless the engram has enough to do.
   *
   * @param track wait for {@linkcode Inbox.done} of it
   * @param keep and hold its bytes until then, to hand it over again
   * @param now milliseconds
   */
  next(
    track: (delivery: Delivery) => boolean,
    keep: boolean,
    now: number,
  ): Delivery | undefined {
    const delivery = this.#waiting[0];
    if (delivery === undefined) return undefined;
    const tracked = track(delivery);
    const counts = tracked && !delivery.envelope?.chunkIndex;
    if (counts && !this.#mayOpen(now)) return undefined;
    if (counts) this.#expected++;
    this.#waiting.shift();
    if (tracked && keep) this.#kept++;
    else this.#bytes -= delivery.data.length;
    if (tracked) {
      this.#moved = now;
      this.#open.set(keyOf(delivery.envelope), {
        delivery: keep ? delivery : { ...delivery, data: EMPTY },
        kept: keep,
        counts,
        turn: ++this.#turn,
        since: now,
        at: now,
        repetitions: 0,
      });
    }
    return delivery;
  }

  /** Takes out what has waited since before `time`, while there is no room. */
  expire(time: number): Delivery[] {
    const expired: Delivery[] = [];
    while (this.isFull && this.#waiting[0] !== undefined && this.#waiting[0].at < time) {
      const delivery = this.#waiting.shift()!;
      this.#bytes -= delivery.data.length;
      expired.push(delivery);
    }
    return expired;
  }

  /**
   * The engram is done with a packet: that one, or all chunks of the one that it has put together,
   * since the SDK names only the first to arrive. Empty when it is not one that it has.
   */
  done(envelope: StreamEnvelope, now: number): Delivery[] {
    const key = keyOf(envelope);
    const entry = this.#open.get(key);
    if (entry === undefined) return [];
    this.#latestDone = Math.max(this.#latestDone, entry.turn);
    this.#moved = now;
    const chunk = chunkOf(entry.delivery.envelope);
    if (chunk === undefined) return [this.#close(key, entry)];
    return [...this.#open]
      .filter(([, { delivery }]) => chunkOf(delivery.envelope) === chunk)
      .map(([other, part]) => this.#close(other, part));
  }

  /** What the engram should have said something of by now, and what becomes of it. */
  *overdue(now: number): Generator<Overdue> {
    let repeated = 0;
    for (const [key, entry] of this.#open) {
      const { delivery, kept, since } = entry;
      if (now - since >= CHUNK_MS && this.#isTorn(delivery)) {
        this.#close(key, entry);
        yield { delivery, outcome: "expired" };
        continue;
      }
      const overtaken = entry.turn < this.#latestDone;
      if (!kept && !overtaken) continue;
      const wait = (overtaken ? OVERTAKEN_MS : SILENT_MS) * 2 ** entry.repetitions;
      if (now - entry.at < Math.min(wait, LONGEST_MS)) continue;
      if (overtaken) this.#window = this.#smallest;
      if (!kept) {
        this.#close(key, entry);
        yield { delivery, outcome: "over" };
      } else if (repeated++ < this.#smallest) {
        entry.repetitions++;
        entry.at = now;
        entry.turn = ++this.#turn;
        yield { delivery, outcome: "again" };
      }
    }
  }

  /**
   * The engram came anew: what it had and was not done with is first again.
   *
   * @returns what it had and nobody keeps
   */
  reconnect(): Delivery[] {
    const entries = [...this.#open.values()];
    this.#open.clear();
    this.#kept = this.#expected = 0;
    this.#waiting = [
      ...entries.filter(({ kept }) => kept).map(({ delivery }) => delivery),
      ...this.#waiting,
    ];
    return entries.filter(({ kept }) => !kept).map(({ delivery }) => delivery);
  }

  /** Whether other chunks of the same packet are not there. */
  #isTorn({ envelope }: Delivery): boolean {
    const chunk = chunkOf(envelope);
    if (chunk === undefined) return false;
    const parts = [...this.#open.values()].filter(({ delivery }) =>
      chunkOf(delivery.envelope) === chunk
    );
    return parts.length < (envelope?.chunkCount ?? 0);
  }

  #mayOpen(now: number): boolean {
    if (this.#expected < this.#window) return true;
    if (now - this.#moved < STANDSTILL_MS) return false;
    this.#window *= 2;
    return true;
  }

  #close(key: string, { delivery, kept, counts }: Open): Delivery {
    this.#open.delete(key);
    if (counts) this.#expected--;
    if (kept) {
      this.#kept--;
      this.#bytes -= delivery.data.length;
    }
    return delivery;
  }
}

const EMPTY = new Uint8Array();

function keyOf(envelope: StreamEnvelope | undefined): string {
  return `${envelope?.streamId ?? ""}\0${envelope?.partition ?? ""}\0${envelope?.sequence ?? 0}`;
}

/** What the chunks of one packet have in common; undefined for a whole one. */
function chunkOf(envelope: StreamEnvelope | undefined): string | undefined {
  if (!envelope?.chunkCount) return undefined;
  return `${envelope.streamId ?? ""}\0${envelope.partition ?? ""}\0${envelope.chunkId ?? ""}`;
}
