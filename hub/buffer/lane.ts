import type { LaneKind } from "../../contracts/transport/streaming_settings.ts";

/** What the queue has to know of an item. */
export interface Queued {
  /** Bytes that count against the limits. */
  readonly size: number;
  readonly kind: LaneKind;
  /** When it came, in milliseconds of the caller's clock. */
  readonly at: number;
  /** What `latest_per_key` goes by, among the items of its kind. */
  readonly key?: string;
}

export interface Usage {
  messages: number;
  bytes: number;
}

/** An item's place among those that wait. */
export interface Slot<T> {
  item: T;
  /** Lower for what came earlier, across lanes. */
  readonly order: number;
  before: Slot<T> | undefined;
  after: Slot<T> | undefined;
}

/**
 * The items of one kind that wait, in their order. A linked list, so that one may leave from anywhere
 * and leaves nothing behind: under a consumer that never reads, millions pass through.
 */
export class Lane<T extends Queued> {
  first: Slot<T> | undefined;
  last: Slot<T> | undefined;
  /** What counts against the limits: what waits and what is lent out. */
  readonly used: Usage = { messages: 0, bytes: 0 };
  /** Of that, what is lent out. */
  readonly lent: Usage = { messages: 0, bytes: 0 };
  readonly #byKey = new Map<string, Slot<T>>();

  constructor(readonly kind: LaneKind) {}

  /** The place of the item with this key. */
  withKey(key: string): Slot<T> | undefined {
    return this.#byKey.get(key);
  }

  push(item: T, order: number): void {
    const slot: Slot<T> = { item, order, before: this.last, after: undefined };
    if (this.last === undefined) this.first = slot;
    else this.last.after = slot;
    this.last = slot;
    if (item.key !== undefined) this.#byKey.set(item.key, slot);
  }

  remove(slot: Slot<T>): void {
    const { item, before, after } = slot;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
    if (item.key !== undefined && this.#byKey.get(item.key) === slot) this.#byKey.delete(item.key);
    // One that has grown old would keep all that came after it alive until the next full collection.
    slot.before = slot.after = undefined;
  }
}

export function add(usage: Usage, item: Queued, sign: 1 | -1): void {
  usage.messages += sign;
  usage.bytes += sign * item.size;
}
