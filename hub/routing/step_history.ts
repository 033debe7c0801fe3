import type { JsonObject } from "../../contracts/transport/packet.ts";

export interface HistoryLimits {
  /** Messages that are remembered. */
  readonly maxEntries: number;
  /** Bytes of outputs that are remembered, by the caller's measure. */
  readonly maxBytes: number;
  /** Milliseconds after the last packet of a message. */
  readonly ttl: number;
}

export const DEFAULT_HISTORY_LIMITS: HistoryLimits = {
  maxEntries: 10_000,
  maxBytes: 16 * 1024 * 1024,
  ttl: 120_000,
};

interface Entry {
  readonly outputs: Map<string, JsonObject>;
  bytes: number;
  touched: number;
}

/**
 * What the steps of a run put out for each message, so that `steps.<id>` reaches back further than
 * the step before: by the message's id, for as long as it is on its way. What finds no room is
 * forgotten oldest first; expressions that read it are then blocked, as they are in the original.
 */
export class StepHistory {
  // By the time of the last touch, oldest first.
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(readonly limits: HistoryLimits = DEFAULT_HISTORY_LIMITS) {}

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Remembers what a step put out.
   *
   * @param bytes size of the outputs
   * @param now milliseconds
   */
  note(messageId: string, step: string, outputs: JsonObject, bytes: number, now: number): void {
    this.expire(now);
    if (messageId === "" || bytes > this.limits.maxBytes) return;
    const entry = this.#entries.get(messageId) ?? { outputs: new Map(), bytes: 0, touched: now };
    this.#entries.delete(messageId);
    entry.outputs.set(step, outputs);
    entry.bytes += bytes;
    entry.touched = now;
    this.#bytes += bytes;
    this.#entries.set(messageId, entry);
    for (const id of this.#entries.keys()) {
      const full = this.#entries.size > this.limits.maxEntries ||
        this.#bytes > this.limits.maxBytes;
      if (!full) break;
      this.#forget(id);
    }
  }

  /** What is known under these ids, by step; of one step, what the last id knows. */
  of(...ids: readonly string[]): ReadonlyMap<string, JsonObject> | undefined {
    const [first, ...more] = ids.flatMap((id) => this.#entries.get(id)?.outputs ?? []);
    return more.length === 0 ? first : new Map([first, ...more].flatMap((one) => [...one ?? []]));
  }

  /** Forgets the messages that nothing was heard of for too long. */
  expire(now: number): void {
    for (const [id, { touched }] of this.#entries) {
      if (touched + this.limits.ttl > now) break;
      this.#forget(id);
    }
  }

  #forget(messageId: string): void {
    this.#bytes -= this.#entries.get(messageId)?.bytes ?? 0;
    this.#entries.delete(messageId);
  }
}
