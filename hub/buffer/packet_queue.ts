import type { BufferPolicy } from "../../contracts/transport/policies.ts";
import type { LaneKind } from "../../contracts/transport/streaming_settings.ts";
import type { Drop, DropReason } from "./drop.ts";

/** What the queue has to know of an item. */
export interface Queued {
  /** Bytes that count against the limits. */
  readonly size: number;
  readonly kind: LaneKind;
  /** When it came, in milliseconds of the caller's clock. */
  readonly at: number;
  /** What `latest_per_key` goes by. */
  readonly key?: string;
}

/** What became of an item: queued, refused for good (it is among the drops), or not yet taken. */
export interface Offer<T> {
  readonly outcome: "queued" | "dropped" | "full";
  readonly drops: readonly Drop<T>[];
}

interface Usage {
  messages: number;
  bytes: number;
}

/**
 * The packets that wait for one consumer, bounded by messages, bytes and age, each lane by its own
 * share. Nothing leaves it silently: what gives way is handed back with its reason. Items that are
 * sent but may be needed again are lent out: they keep counting until they are settled, so that what
 * a consumer costs in memory never passes the limits.
 */
export class PacketQueue<T extends Queued> {
  #slots: (T | undefined)[] = [];
  /** Index of the first slot in use, and the number of slots that were cut off before it. */
  #head = 0;
  #base = 0;
  readonly #places = new Map<string, number>();
  readonly #lanes = new Map<LaneKind, Usage>();
  #waiting = 0;
  #total: Usage = { messages: 0, bytes: 0 };

  constructor(readonly policy: BufferPolicy) {}

  /** Items that wait; lent ones are not among them. */
  get size(): number {
    return this.#waiting;
  }

  /** Messages and bytes in use, lent ones included. */
  get usage(): Readonly<Usage> {
    return this.#total;
  }

  /** How full it is in percent: the larger of messages and bytes. */
  get utilisation(): number {
    const { maxMessages, maxBytes } = this.policy;
    return 100 * Math.max(this.#total.messages / maxMessages, this.#total.bytes / maxBytes);
  }

  /**
   * Takes an item, making room for it as the policy says.
   *
   * @param wait answer `full` and change nothing where something would have to be dropped for want
   * of room; always so under the policy `block`
   */
  offer(item: T, wait = false): Offer<T> {
    const lane = this.policy.lanes.get(item.kind);
    if (item.size > this.policy.maxBytes) return refused(item, "oversize");
    if (lane !== undefined && item.size > lane.maxBytes) return refused(item, "lane_oversize");
    const drops: Drop<T>[] = [];
    const { dropPolicy } = this.policy;
    if (dropPolicy === "latest_per_key" && item.key !== undefined) {
      const older = this.#waitingWith(item.key);
      if (older !== undefined) {
        // Its place is kept: a key that is written often must not wait forever behind the others.
        const { index, item: gone } = older;
        if (!this.#fits(item, gone)) return this.#replaceAndEvict(index, gone, item);
        this.#account(gone, -1);
        this.#slots[index] = item;
        this.#account(item, 1);
        return { outcome: "queued", drops: [{ item: gone, reason: "latest_per_key" }] };
      }
    }
    if (!this.#fits(item)) {
      if (wait || dropPolicy === "block") return FULL;
      if (dropPolicy === "drop_newest") {
        return refused(item, this.#laneFits(item) ? "buffer_full" : "lane_full");
      }
      if (!this.#makeRoom(item, drops)) {
        drops.push({ item, reason: "buffer_full" });
        return { outcome: "dropped", drops };
      }
    }
    this.#push(item);
    return drops.length === 0 ? QUEUED : { outcome: "queued", drops };
  }

  /** The item that is next. */
  peek(): T | undefined {
    this.#skipHoles();
    return this.#slots[this.#head];
  }

  /** Takes the next item out for good. */
  take(): T | undefined {
    const item = this.lend();
    if (item !== undefined) this.settle(item);
    return item;
  }

  /** Takes the next item out to be sent; it keeps counting until it is settled. */
  lend(): T | undefined {
    const item = this.peek();
    if (item === undefined) return undefined;
    this.#slots[this.#head++] = undefined;
    this.#waiting--;
    if (item.key !== undefined) this.#forget(item.key, this.#base + this.#head - 1);
    // Cut what is behind off now and then, so that each item is moved once at most on average.
    if (this.#head > 256 && this.#head * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head);
      this.#base += this.#head;
      this.#head = 0;
    }
    return item;
  }

  /** A lent item is done with, whatever became of it. */
  settle(item: T): void {
    this.#account(item, -1);
  }

  /** The items that wait, the next one first. */
  waiting(): IterableIterator<T> {
    return this.#items();
  }

  /**
   * Takes an item back that was here in a former life, whatever the limits are now.
   *
   * @param lent whether it was lent out then, and so does not wait
   */
  restore(item: T, lent: boolean): void {
    if (lent) this.#account(item, 1);
    else this.#push(item);
  }

  /** Drops what waited too long. Items come in the order of their time, so the first are oldest. */
  expire(now: number): Drop<T>[] {
    const { maxAge } = this.policy;
    const drops: Drop<T>[] = [];
    if (maxAge === undefined) return drops;
    for (let item = this.peek(); item !== undefined; item = this.peek()) {
      if (now - item.at <= maxAge) break;
      this.take();
      drops.push({ item, reason: "expired" });
    }
    return drops;
  }

  /** Drops everything that waits. */
  clear(reason: DropReason): Drop<T>[] {
    const drops: Drop<T>[] = [];
    for (let item = this.take(); item !== undefined; item = this.take()) {
      drops.push({ item, reason });
    }
    return drops;
  }

  #push(item: T): void {
    if (item.key !== undefined) this.#places.set(item.key, this.#base + this.#slots.length);
    this.#slots.push(item);
    this.#waiting++;
    this.#account(item, 1);
  }

  /** Drops the oldest until the item fits; false, with nothing dropped, when that cannot help. */
  #makeRoom(item: T, drops: Drop<T>[]): boolean {
    const lane = this.policy.lanes.get(item.kind);
    const taken: Drop<T>[] = [];
    while (lane !== undefined && !this.#laneFits(item)) {
      const oldest = this.#removeOldest((other) => other.kind === item.kind);
      if (oldest === undefined) return this.#putBack(taken);
      taken.push({ item: oldest, reason: "drop_oldest_lane" });
    }
    while (!this.#fits(item)) {
      const oldest = this.#removeOldest(() => true);
      if (oldest === undefined) return this.#putBack(taken);
      taken.push({ item: oldest, reason: "drop_oldest" });
    }
    drops.push(...taken);
    return true;
  }

  /** Nothing more can be dropped because the rest is lent out: what was dropped comes back. */
  #putBack(taken: readonly Drop<T>[]): false {
    const waiting = [...taken.map(({ item }) => item), ...this.#items()];
    for (const { item } of taken) this.#account(item, 1);
    waiting.sort((a, b) => a.at - b.at);
    this.#slots = waiting;
    this.#base += this.#head;
    this.#head = 0;
    this.#waiting = waiting.length;
    this.#places.clear();
    for (const [index, { key }] of waiting.entries()) {
      if (key !== undefined) this.#places.set(key, this.#base + index);
    }
    return false;
  }

  *#items(): Generator<T> {
    for (let index = this.#head; index < this.#slots.length; index++) {
      const item = this.#slots[index];
      if (item !== undefined) yield item;
    }
  }

  #removeOldest(matches: (item: T) => boolean): T | undefined {
    for (let index = this.#head; index < this.#slots.length; index++) {
      const item = this.#slots[index];
      if (item === undefined || !matches(item)) continue;
      this.#removeAt(index, item);
      return item;
    }
    return undefined;
  }

  #removeAt(index: number, item: T): void {
    this.#slots[index] = undefined;
    this.#waiting--;
    this.#account(item, -1);
    if (item.key !== undefined) this.#forget(item.key, this.#base + index);
  }

  #waitingWith(key: string): { index: number; item: T } | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const item = this.#slots[place - this.#base];
    return item === undefined ? undefined : { index: place - this.#base, item };
  }

  /** A newer value of a key that is larger than the room left by the older one. */
  #replaceAndEvict(index: number, gone: T, item: T): Offer<T> {
    this.#removeAt(index, gone);
    const drops: Drop<T>[] = [{ item: gone, reason: "latest_per_key" }];
    if (!this.#makeRoom(item, drops)) {
      drops.push({ item, reason: "buffer_full" });
      return { outcome: "dropped", drops };
    }
    this.#push(item);
    return { outcome: "queued", drops };
  }

  #forget(key: string, place: number): void {
    if (this.#places.get(key) === place) this.#places.delete(key);
  }

  #skipHoles(): void {
    while (this.#head < this.#slots.length && this.#slots[this.#head] === undefined) this.#head++;
  }

  #fits(item: T, instead?: T): boolean {
    const { maxMessages, maxBytes } = this.policy;
    const messages = this.#total.messages - (instead === undefined ? 0 : 1);
    const bytes = this.#total.bytes - (instead?.size ?? 0);
    return messages < maxMessages && bytes + item.size <= maxBytes && this.#laneFits(item, instead);
  }

  #laneFits(item: T, instead?: T): boolean {
    const lane = this.policy.lanes.get(item.kind);
    if (lane === undefined) return true;
    const usage = this.#lanes.get(item.kind);
    if (usage === undefined) return true;
    const same = instead?.kind === item.kind ? instead : undefined;
    return usage.messages - (same === undefined ? 0 : 1) < lane.maxMessages &&
      usage.bytes - (same?.size ?? 0) + item.size <= lane.maxBytes;
  }

  #account(item: T, sign: 1 | -1): void {
    this.#total.messages += sign;
    this.#total.bytes += sign * item.size;
    let usage = this.#lanes.get(item.kind);
    if (usage === undefined) this.#lanes.set(item.kind, usage = { messages: 0, bytes: 0 });
    usage.messages += sign;
    usage.bytes += sign * item.size;
  }
}

const QUEUED = { outcome: "queued", drops: [] } as const;
const FULL = { outcome: "full", drops: [] } as const;

function refused<T>(item: T, reason: DropReason): Offer<T> {
  return { outcome: "dropped", drops: [{ item, reason }] };
}
