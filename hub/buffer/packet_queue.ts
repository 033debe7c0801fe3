import type { BufferPolicy } from "../../contracts/transport/policies.ts";
import type { LaneKind } from "../../contracts/transport/streaming_settings.ts";
import type { Drop, DropReason } from "./drop.ts";
import { add, Lane, type Queued, type Slot, type Usage } from "./lane.ts";

/** What became of an item: queued, refused for good (it is among the drops), or not yet taken. */
export interface Offer<T> {
  readonly outcome: "queued" | "dropped" | "full";
  readonly drops: readonly Drop<T>[];
}

/**
 * The packets that wait for one consumer, bounded by messages, bytes and age, each lane by its own
 * share. Nothing leaves it silently: what gives way is handed back with its reason. Items that are
 * sent but may be needed again are lent out: they keep counting until they are settled, so that what
 * a consumer costs in memory never passes the limits.
 */
export class PacketQueue<T extends Queued> {
  /** A handful at most, of which one is in use as a rule. */
  readonly #lanes: Lane<T>[] = [];
  readonly #used: Usage = { messages: 0, bytes: 0 };
  readonly #lent: Usage = { messages: 0, bytes: 0 };
  /** Items that came. */
  #count = 0;

  constructor(readonly policy: BufferPolicy) {}

  /** Items that wait; lent ones are not among them. */
  get size(): number {
    return this.#used.messages - this.#lent.messages;
  }

  /** Messages and bytes in use, lent ones included. */
  get usage(): Readonly<Usage> {
    return this.#used;
  }

  /** How full it is in percent: the larger of messages and bytes. */
  get utilisation(): number {
    const { maxMessages, maxBytes } = this.policy;
    return 100 * Math.max(this.#used.messages / maxMessages, this.#used.bytes / maxBytes);
  }

  /**
   * Takes an item, making room for it as the policy says.
   *
   * @param wait answer `full` and change nothing where something would have to be dropped for want
   * of room; always so under the policy `block`
   */
  offer(item: T, wait = false): Offer<T> {
    const { dropPolicy, maxBytes, lanes } = this.policy;
    if (item.size > maxBytes) return refused(item, "oversize");
    if (item.size > (lanes.get(item.kind)?.maxBytes ?? Infinity)) {
      return refused(item, "lane_oversize");
    }
    const lane = this.#laneOf(item.kind);
    const older = dropPolicy === "latest_per_key" && item.key !== undefined
      ? lane.withKey(item.key)
      : undefined;
    if (this.#fits(lane, item, older?.item)) {
      if (older === undefined) {
        this.#push(lane, item);
        return QUEUED;
      }
      return { outcome: "queued", drops: [this.#replace(lane, older, item)] };
    }
    if (wait || dropPolicy === "block") return FULL;
    if (dropPolicy === "drop_newest") {
      return refused(item, this.#laneFits(lane, item) ? "buffer_full" : "lane_full");
    }
    if (!this.#canMakeRoom(lane, item)) return refused(item, "buffer_full");
    const drops: Drop<T>[] = [];
    // A newer value that is larger than the room left by the older one: it goes to the end.
    if (older !== undefined) drops.push(this.#drop(lane, older, "latest_per_key"));
    while (!this.#laneFits(lane, item)) {
      drops.push(this.#drop(lane, lane.first!, "drop_oldest_lane"));
    }
    while (!this.#fits(lane, item)) {
      const oldest = this.#next()!;
      drops.push(this.#drop(oldest, oldest.first!, "drop_oldest"));
    }
    this.#push(lane, item);
    return { outcome: "queued", drops };
  }

  /** The item that is next. */
  peek(): T | undefined {
    return this.#next()?.first?.item;
  }

  /** Takes the next item out for good. */
  take(): T | undefined {
    const item = this.lend();
    if (item !== undefined) this.settle(item);
    return item;
  }

  /** Takes the next item out to be sent; it keeps counting until it is settled. */
  lend(): T | undefined {
    const lane = this.#next();
    if (lane?.first === undefined) return undefined;
    const { item } = lane.first;
    lane.remove(lane.first);
    this.#countLent(lane, item, 1);
    return item;
  }

  /** A lent item is done with, whatever became of it. */
  settle(item: T): void {
    const lane = this.#laneOf(item.kind);
    this.#countLent(lane, item, -1);
    this.#countUsed(lane, item, -1);
  }

  /** The items that wait, the next one first. */
  waiting(): readonly T[] {
    return this.#lanes.flatMap((lane) => [...slots(lane)])
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }

  /**
   * Takes an item back that was here in a former life, whatever the limits are now.
   *
   * @param lent whether it was lent out then, and so does not wait
   */
  restore(item: T, lent: boolean): void {
    const lane = this.#laneOf(item.kind);
    if (!lent) return this.#push(lane, item);
    this.#countUsed(lane, item, 1);
    this.#countLent(lane, item, 1);
  }

  /** Drops what waited too long. */
  expire(now: number): Drop<T>[] {
    const { maxAge, dropPolicy } = this.policy;
    const drops: Drop<T>[] = [];
    if (maxAge === undefined) return drops;
    for (const lane of this.#lanes) {
      for (const slot of slots(lane)) {
        if (now - slot.item.at > maxAge) drops.push(this.#drop(lane, slot, "expired"));
        // A newer value may stand where an older one stood; else the first are the oldest.
        else if (dropPolicy !== "latest_per_key") break;
      }
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

  #push(lane: Lane<T>, item: T): void {
    lane.push(item, this.#count++);
    this.#countUsed(lane, item, 1);
  }

  /** Its place is kept: a key that is written often must not wait forever behind the others. */
  #replace(lane: Lane<T>, slot: Slot<T>, item: T): Drop<T> {
    const gone = slot.item;
    slot.item = item;
    this.#countUsed(lane, gone, -1);
    this.#countUsed(lane, item, 1);
    return { item: gone, reason: "latest_per_key" };
  }

  #drop(lane: Lane<T>, slot: Slot<T>, reason: DropReason): Drop<T> {
    lane.remove(slot);
    this.#countUsed(lane, slot.item, -1);
    return { item: slot.item, reason };
  }

  #laneOf(kind: LaneKind): Lane<T> {
    for (const lane of this.#lanes) if (lane.kind === kind) return lane;
    const lane = new Lane<T>(kind);
    this.#lanes.push(lane);
    return lane;
  }

  /** The lane whose first item is the oldest of all. */
  #next(): Lane<T> | undefined {
    let next: Lane<T> | undefined;
    for (const lane of this.#lanes) {
      if ((lane.first?.order ?? Infinity) < (next?.first?.order ?? Infinity)) next = lane;
    }
    return next;
  }

  #fits(lane: Lane<T>, item: T, instead?: T): boolean {
    return within(this.policy, this.#used, item, instead) && this.#laneFits(lane, item, instead);
  }

  #laneFits(lane: Lane<T>, item: T, instead?: T): boolean {
    const limits = this.policy.lanes.get(lane.kind);
    return limits === undefined || within(limits, lane.used, item, instead);
  }

  /** Whether it would fit if all that waits were dropped: what is lent out cannot be. */
  #canMakeRoom(lane: Lane<T>, item: T): boolean {
    const limits = this.policy.lanes.get(lane.kind);
    return within(this.policy, this.#lent, item) &&
      (limits === undefined || within(limits, lane.lent, item));
  }

  #countUsed(lane: Lane<T>, item: T, sign: 1 | -1): void {
    add(this.#used, item, sign);
    add(lane.used, item, sign);
  }

  #countLent(lane: Lane<T>, item: T, sign: 1 | -1): void {
    add(this.#lent, item, sign);
    add(lane.lent, item, sign);
  }
}

const QUEUED = { outcome: "queued", drops: [] } as const;
const FULL = { outcome: "full", drops: [] } as const;

function refused<T>(item: T, reason: DropReason): Offer<T> {
  return { outcome: "dropped", drops: [{ item, reason }] };
}

/** Whether one more item, instead of another, is within the limits. */
function within(
  { maxMessages, maxBytes }: { readonly maxMessages: number; readonly maxBytes: number },
  { messages, bytes }: Usage,
  item: Queued,
  instead?: Queued,
): boolean {
  return messages - (instead === undefined ? 0 : 1) < maxMessages &&
    bytes - (instead?.size ?? 0) + item.size <= maxBytes;
}

/** Places from the first on; the one that is given may be removed meanwhile. */
function* slots<T extends Queued>({ first }: Lane<T>): Generator<Slot<T>> {
  for (let slot = first; slot !== undefined;) {
    const { after } = slot;
    yield slot;
    slot = after;
  }
}
