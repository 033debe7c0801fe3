import type { StreamEnvelope } from "../proto/messages.ts";
import type { Source } from "./source.ts";

/** A packet for the engram, as a DataResponse. */
export interface Delivery {
  readonly data: Uint8Array;
  readonly envelope: StreamEnvelope | undefined;
  /** Bytes of the packet as its sender counts them. */
  readonly size: number;
  readonly source: Source;
  /** Which of the source's connections it came over. */
  readonly connection: number;
}

export interface InboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/**
 * What came for the engram: waiting to be handed over, or handed over and not done with. The latter
 * is handed over again when the engram comes anew.
 */
export class Inbox {
  #waiting: Delivery[] = [];
  readonly #open = new Map<string, { delivery: Delivery; kept: boolean }>();
  #bytes = 0;
  #kept = 0;

  constructor(readonly limits: InboxLimits) {}

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
   * Takes the next packet.
   *
   * @param track wait for {@linkcode Inbox.done} of it
   * @param keep and hold its bytes until then, to hand it over again
   */
  next(track: (delivery: Delivery) => boolean, keep: boolean): Delivery | undefined {
    const delivery = this.#waiting.shift();
    if (delivery === undefined) return undefined;
    const tracked = track(delivery);
    if (tracked && keep) this.#kept++;
    else this.#bytes -= delivery.data.length;
    if (tracked) {
      this.#open.set(keyOf(delivery.envelope), {
        delivery: keep ? delivery : { ...delivery, data: EMPTY },
        kept: keep,
      });
    }
    return delivery;
  }

  /** The engram is done with a packet; undefined when it is not one that it has. */
  done(envelope: StreamEnvelope): Delivery | undefined {
    const key = keyOf(envelope);
    const entry = this.#open.get(key);
    if (entry === undefined) return undefined;
    this.#open.delete(key);
    if (entry.kept) {
      this.#kept--;
      this.#bytes -= entry.delivery.data.length;
    }
    return entry.delivery;
  }

  /**
   * The engram came anew: what it had and was not done with is first again.
   *
   * @returns what it had and nobody keeps
   */
  reconnect(): Delivery[] {
    const entries = [...this.#open.values()];
    this.#open.clear();
    this.#kept = 0;
    this.#waiting = [
      ...entries.filter(({ kept }) => kept).map(({ delivery }) => delivery),
      ...this.#waiting,
    ];
    return entries.filter(({ kept }) => !kept).map(({ delivery }) => delivery);
  }
}

const EMPTY = new Uint8Array();

function keyOf(envelope: StreamEnvelope | undefined): string {
  return `${envelope?.streamId ?? ""}\0${envelope?.partition ?? ""}\0${envelope?.sequence ?? 0}`;
}
