import type { FlowLog } from "../log/flow_log.ts";
import type { Outlet } from "./outlet.ts";
import { Pacer } from "./pacer.ts";
import { SharedBytes } from "./shared_bytes.ts";
import { Subscriber } from "./subscriber.ts";

/** Clock and timers, so that tests need not wait. Times in milliseconds. */
export interface Timers {
  /** Monotonic. */
  now(): number;
  /** Calls back once, not before `ms` from now and never at once; the result cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** A reader that takes nothing for this long is cut off. */
export const STUCK_MS = 60_000;
/** How long a reader waits before it comes back, on average; the answer to a lost connection. */
const RETRY_MS = 2_000;

const HEARTBEAT_SECONDS = 15;
const encoder = new TextEncoder();
const HEARTBEAT = new SharedBytes(encoder.encode("event: heartbeat\ndata: {}\n\n"));
const DELETED = new SharedBytes(encoder.encode("event: deleted\ndata: {}\n\n"));

interface Audience {
  readonly subscribers: Set<Subscriber>;
  lastRound?: number;
}

/**
 * All readers of the process and the one scheduler that writes to them. A message costs work only
 * for the readers of its flow; a flow without news costs nothing.
 */
export class FanOut {
  readonly #timers: Timers;
  readonly #random: () => number;
  readonly #audiences = new Map<FlowLog, Audience>();
  readonly #dirty = new Set<FlowLog>();
  readonly #pacer = new Pacer();
  /** Readers by the second in which their heartbeat is due, so that heartbeats spread out. */
  readonly #beats: Set<Subscriber>[] = Array.from({ length: HEARTBEAT_SECONDS }, () => new Set());
  #second = 0;
  #stopBeat: (() => void) | undefined;
  #round: { at: number; cancel: () => void } | undefined;

  /** @param random uniform in [0, 1), for the jitter of `retry:` */
  constructor(timers: Timers, random: () => number) {
    this.#timers = timers;
    this.#random = random;
  }

  /** Open streams, of one flow or of all. */
  subscribers(log?: FlowLog): number {
    if (log !== undefined) return this.#audiences.get(log)?.subscribers.size ?? 0;
    let count = 0;
    for (const { subscribers } of this.#audiences.values()) count += subscribers.size;
    return count;
  }

  /**
   * Starts a stream. Being told where it starts and becoming live is one step: nothing that is
   * published later can be missed.
   *
   * @param onClose called once when the stream is over, whoever ended it
   */
  subscribe(
    log: FlowLog,
    outlet: Outlet,
    lastEventId: string | undefined,
    onClose: () => void,
  ): void {
    const now = this.#timers.now();
    const subscriber = new Subscriber(log, outlet, log.start(lastEventId), this.#retry(), now);
    const audience = this.#audiences.get(log) ?? { subscribers: new Set() };
    audience.subscribers.add(subscriber);
    this.#audiences.set(log, audience);
    const beat = this.#beats[this.#second]!;
    beat.add(subscriber);
    this.#startBeat();
    outlet.onDrain = () => {
      subscriber.drained();
      if (subscriber.behind) this.publish(log);
    };
    outlet.onClose = () => {
      beat.delete(subscriber);
      audience.subscribers.delete(subscriber);
      if (audience.subscribers.size === 0) this.#audiences.delete(log);
      onClose();
    };
    // The missed messages need no round of their own: this reader has none behind it yet.
    subscriber.pump(now);
    if (subscriber.behind) this.publish(log);
  }

  /** Sees to it that every reader of the flow gets what it misses. */
  publish(log: FlowLog): void {
    const audience = this.#audiences.get(log);
    if (audience === undefined) return;
    this.#dirty.add(log);
    this.#schedule(this.#pacer.due(audience.lastRound));
  }

  /** Tells the readers of a deleted flow and ends their streams. */
  drop(log: FlowLog): void {
    this.#dirty.delete(log);
    this.#endAll([...this.#audiences.get(log)?.subscribers ?? []], () => DELETED);
  }

  /**
   * Ends every stream with a hint to come back, spread out so that they do not all come at once.
   *
   * @param graceMs cut those that have not taken their last bytes by then
   */
  close(graceMs: number): void {
    this.#round?.cancel();
    this.#stopBeat?.();
    this.#dirty.clear();
    const all = [...this.#audiences.values()].flatMap(({ subscribers }) => [...subscribers]);
    this.#endAll(all, () => new SharedBytes(encoder.encode(`retry: ${this.#retry()}\n\n`)));
    this.#timers.after(graceMs, () => {
      for (const subscriber of all) subscriber.destroy();
    });
  }

  #endAll(subscribers: Subscriber[], lastWords: () => SharedBytes): void {
    const now = this.#timers.now();
    for (const subscriber of subscribers) subscriber.end(lastWords(), now);
  }

  #schedule(at: number): void {
    if (this.#round !== undefined) {
      if (this.#round.at <= at) return;
      this.#round.cancel();
    }
    const wait = Math.max(0, at - this.#timers.now());
    this.#round = { at, cancel: this.#timers.after(wait, () => this.#runRound()) };
  }

  #runRound(): void {
    this.#round = undefined;
    const now = this.#timers.now();
    let writes = 0;
    for (const log of this.#dirty) {
      const audience = this.#audiences.get(log);
      if (audience === undefined) this.#dirty.delete(log);
      else if (this.#pacer.due(audience.lastRound) <= now) {
        writes += this.#write(log, audience, now);
      }
    }
    this.#pacer.wrote(writes, now);
    let next = Infinity;
    for (const log of this.#dirty) {
      next = Math.min(next, this.#pacer.due(this.#audiences.get(log)?.lastRound));
    }
    if (next < Infinity) this.#schedule(next);
  }

  /** One round of one flow; it stays dirty while a reader that takes bytes misses some. */
  #write(log: FlowLog, audience: Audience, now: number): number {
    audience.lastRound = now;
    let writes = 0;
    let behind = false;
    for (const subscriber of audience.subscribers) {
      if (subscriber.pump(now)) writes++;
      behind ||= subscriber.behind && subscriber.blockedSince === undefined;
    }
    if (!behind) this.#dirty.delete(log);
    return writes;
  }

  /** Uniform between half and one and a half of the mean. */
  #retry(): number {
    return Math.round(RETRY_MS * (0.5 + this.#random()));
  }

  #startBeat(): void {
    this.#stopBeat ??= this.#timers.after(1000, () => {
      this.#stopBeat = undefined;
      if (this.#audiences.size === 0) return;
      this.#startBeat();
      this.#beat(this.#timers.now());
    });
  }

  #beat(now: number): void {
    this.#second = (this.#second + 1) % HEARTBEAT_SECONDS;
    for (const subscriber of this.#beats[this.#second]!) {
      const { blockedSince } = subscriber;
      if (blockedSince !== undefined && now - blockedSince >= STUCK_MS) subscriber.destroy();
      else subscriber.send(HEARTBEAT, now);
    }
  }
}
