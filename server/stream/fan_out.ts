import type { FlowLog } from "../log/flow_log.ts";
import type { Connections } from "./connections.ts";
import type { Outlet } from "./outlet.ts";
import { Pacer } from "./pacer.ts";
import { SharedBytes } from "./shared_bytes.ts";
import type { StreamMonitor } from "./stream_monitor.ts";
import { Subscriber } from "./subscriber.ts";
import type { Timers } from "./timers.ts";

const DELETED = new SharedBytes(new TextEncoder().encode("event: deleted\ndata: {}\n\n"));

interface Audience {
  readonly subscribers: Set<Subscriber>;
  lastRound?: number;
}

/** What a new reader asks for. */
export interface Subscription {
  readonly lastEventId: string | undefined;
  /** When the stream must end at the latest, in the clock's ms. */
  readonly until: number;
  /** Called once when the stream is over, whoever ended it. */
  readonly onClose: () => void;
}

/**
 * The one scheduler that writes messages to readers. A message costs work only for the readers of
 * its flow; a flow without news costs nothing.
 */
export class FanOut {
  readonly #timers: Timers;
  readonly #connections: Connections;
  readonly #writeBytes: number;
  readonly #monitor: StreamMonitor;
  readonly #audiences = new Map<FlowLog, Audience>();
  /** Flows that have news for somebody, and since when. */
  readonly #dirty = new Map<FlowLog, number>();
  readonly #pacer = new Pacer();
  #next: { at: number; cancel: () => void } | undefined;

  /** @param writeBytes most bytes of messages in one write */
  constructor(
    timers: Timers,
    connections: Connections,
    writeBytes: number,
    monitor: StreamMonitor,
  ) {
    this.#timers = timers;
    this.#connections = connections;
    this.#writeBytes = writeBytes;
    this.#monitor = monitor;
  }

  /** Readers of a flow. */
  subscribers(log: FlowLog): number {
    return this.#audiences.get(log)?.subscribers.size ?? 0;
  }

  /**
   * Starts a stream. Being told where it starts and becoming live is one step: nothing that is
   * published later can be missed.
   */
  subscribe(log: FlowLog, outlet: Outlet, { lastEventId, until, onClose }: Subscription): void {
    const audience = this.#audiences.get(log) ?? { subscribers: new Set() };
    const connection = this.#connections.open(
      outlet,
      until,
      () => {
        if (subscriber.waiting) this.publish(log);
      },
      () => {
        audience.subscribers.delete(subscriber);
        if (audience.subscribers.size === 0) this.#audiences.delete(log);
        onClose();
      },
    );
    const subscriber = new Subscriber(log, connection, this.#writeBytes, this.#monitor);
    this.#audiences.set(log, audience);
    audience.subscribers.add(subscriber);
    const now = this.#timers.now();
    subscriber.begin(log.start(lastEventId), this.#connections.retryDelay(), now);
    // The missed messages need no round of their own: this reader has had none yet.
    subscriber.pump(now);
    if (subscriber.waiting) this.publish(log);
  }

  /** Sees to it that every reader of the flow gets what it misses. */
  publish(log: FlowLog): void {
    const audience = this.#audiences.get(log);
    if (audience === undefined) return;
    if (!this.#dirty.has(log)) this.#dirty.set(log, this.#timers.now());
    this.#schedule(this.#pacer.due(audience.lastRound));
  }

  /** Tells the readers of a deleted flow and ends their streams. */
  drop(log: FlowLog): void {
    this.#dirty.delete(log);
    const now = this.#timers.now();
    for (const subscriber of [...this.#audiences.get(log)?.subscribers ?? []]) {
      subscriber.end(DELETED, now);
    }
  }

  /** Writes no more. */
  stop(): void {
    this.#next?.cancel();
    this.#dirty.clear();
  }

  #schedule(at: number): void {
    if (this.#next !== undefined) {
      if (this.#next.at <= at) return;
      this.#next.cancel();
    }
    const wait = Math.max(0, at - this.#timers.now());
    this.#next = { at, cancel: this.#timers.after(wait, () => this.#run()) };
  }

  #run(): void {
    this.#next = undefined;
    const now = this.#timers.now();
    let writes = 0;
    for (const [log, since] of this.#dirty) {
      const audience = this.#audiences.get(log);
      if (audience === undefined) this.#dirty.delete(log);
      else if (this.#pacer.due(audience.lastRound) <= now) {
        writes += this.#round(log, audience, since, now);
      }
    }
    // Accounted for all flows at once: a run serves whatever is due, however many flows that are.
    this.#pacer.wrote(writes, now);
    let next = Infinity;
    for (const log of this.#dirty.keys()) {
      next = Math.min(next, this.#pacer.due(this.#audiences.get(log)?.lastRound));
    }
    if (next < Infinity) this.#schedule(next);
  }

  /** One round of one flow; it stays dirty while a reader that takes bytes misses some. */
  #round(log: FlowLog, audience: Audience, since: number, now: number): number {
    audience.lastRound = now;
    let writes = 0;
    let waiting = false;
    for (const subscriber of audience.subscribers) {
      if (subscriber.pump(now)) writes++;
      waiting ||= subscriber.waiting;
    }
    if (!waiting) this.#dirty.delete(log);
    this.#monitor.round(writes, now - since, this.#timers.now() - now);
    return writes;
  }
}
