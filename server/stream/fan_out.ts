import type { FlowLog } from "../log/flow_log.ts";
import type { Connections } from "./connections.ts";
import type { Outlet } from "./outlet.ts";
import { MultiSubscriber } from "./multi_subscriber.ts";
import { Pacer } from "./pacer.ts";
import type { Reader } from "./reader.ts";
import type { StreamMonitor } from "./stream_monitor.ts";
import { Subscriber } from "./subscriber.ts";
import type { Timers } from "./timers.ts";

interface Audience {
  readonly readers: Set<Reader>;
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

/** A stream of several flows. */
export interface ManyStream {
  /** Flows on it now. */
  readonly size: number;
  /** One flow more. */
  join(log: FlowLog): void;
  /** Ends the stream; its reader may come back. */
  end(): void;
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
    return this.#audiences.get(log)?.readers.size ?? 0;
  }

  /**
   * Starts a stream. Being told where it starts and becoming live is one step: nothing that is
   * published later can be missed.
   */
  subscribe(log: FlowLog, outlet: Outlet, { lastEventId, until, onClose }: Subscription): void {
    const connection = this.#connections.open(
      outlet,
      until,
      () => {
        if (subscriber.waiting) this.publish(log);
      },
      () => {
        this.#remove(log, subscriber);
        onClose();
      },
    );
    const subscriber = new Subscriber(log, connection, this.#writeBytes, this.#monitor);
    const now = this.#timers.now();
    subscriber.begin(log.start(lastEventId), this.#connections.retryDelay(), now);
    this.#add(log, subscriber, now);
  }

  /**
   * Starts a stream of several flows, to which flows can be added while it lasts.
   *
   * @param cursors seq by epoch, of a reader that returns
   */
  subscribeMany(
    logs: readonly FlowLog[],
    outlet: Outlet,
    cursors: ReadonlyMap<string, number>,
    { until, onClose }: Pick<Subscription, "until" | "onClose">,
  ): ManyStream {
    const legs = new Map<FlowLog, Reader>();
    const connection = this.#connections.open(
      outlet,
      until,
      () => {
        for (const [log, leg] of legs) if (leg.waiting) this.publish(log);
      },
      () => {
        for (const [log, leg] of legs) this.#remove(log, leg);
        onClose();
      },
    );
    const subscriber = new MultiSubscriber(connection, this.#writeBytes, this.#monitor);
    const now = this.#timers.now();
    const starts = logs.map((log) => [log, log.startAt(cursors.get(log.epoch))] as const);
    subscriber.begin(new Map(starts), this.#connections.retryDelay(), now);
    const add = (log: FlowLog, now: number) => {
      const leg = subscriber.leg(log);
      legs.set(log, leg);
      this.#add(log, leg, now);
    };
    for (const log of logs) add(log, now);
    return {
      get size() {
        return subscriber.size;
      },
      join: (log) => {
        const now = this.#timers.now();
        subscriber.join(log, now);
        add(log, now);
      },
      end: () => this.#connections.dismiss(connection),
    };
  }

  #add(log: FlowLog, reader: Reader, now: number): void {
    const audience = this.#audiences.get(log) ?? { readers: new Set() };
    this.#audiences.set(log, audience);
    audience.readers.add(reader);
    // The missed messages need no round of their own: this reader has had none yet.
    if (this.#connections.hasRoom) reader.pump(now);
    if (reader.waiting) this.publish(log);
  }

  #remove(log: FlowLog, reader: Reader): void {
    const readers = this.#audiences.get(log)?.readers;
    readers?.delete(reader);
    if (readers?.size === 0) this.#audiences.delete(log);
  }

  /** Sees to it that every reader of the flow gets what it misses. */
  publish(log: FlowLog): void {
    const audience = this.#audiences.get(log);
    if (audience === undefined) return;
    if (!this.#dirty.has(log)) this.#dirty.set(log, this.#timers.now());
    this.#schedule(this.#pacer.due(audience.lastRound));
  }

  /** Tells the readers of a deleted flow. */
  drop(log: FlowLog): void {
    this.#dirty.delete(log);
    const now = this.#timers.now();
    for (const reader of [...this.#audiences.get(log)?.readers ?? []]) {
      reader.deleted(now);
    }
    this.#audiences.delete(log);
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
    for (const reader of audience.readers) {
      if (this.#connections.hasRoom && reader.pump(now)) writes++;
      waiting ||= reader.waiting;
    }
    if (!waiting) this.#dirty.delete(log);
    this.#monitor.round(writes, now - since, this.#timers.now() - now);
    return writes;
  }
}
