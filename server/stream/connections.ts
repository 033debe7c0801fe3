import { Connection, type ConnectionOwner } from "./connection.ts";
import type { Outlet } from "./outlet.ts";
import { SharedBytes } from "./shared_bytes.ts";
import type { StreamMonitor } from "./stream_monitor.ts";
import type { Timers } from "./timers.ts";

/** How long streams live and what their readers may leave untaken. Times in ms. */
export interface ConnectionLimits {
  readonly streamMaxAge: number;
  readonly stuckTimeout: number;
  /** Bytes that wait for all slow readers together; those that several wait for count once. */
  readonly queueBytes: number;
}

/** How long a reader waits before it comes back, on average. */
const RETRY_MS = 2_000;
const HEARTBEAT_SECONDS = 15;
/** A reader that takes its bytes is done with a write by then; only who is not gives way to others. */
const RELIEF_MS = 100;

const encoder = new TextEncoder();
const HEARTBEAT = new SharedBytes(encoder.encode("event: heartbeat\ndata: {}\n\n"));

/**
 * All open streams of the process: heartbeats, the end that each has coming, and what slow readers
 * leave in memory. One timer, which sleeps while nobody is connected.
 */
export class Connections implements ConnectionOwner {
  readonly #timers: Timers;
  readonly #random: () => number;
  readonly #limits: ConnectionLimits;
  readonly #monitor: StreamMonitor;
  /** Each open stream with the sets below that it stands in. */
  readonly #open = new Map<Connection, Set<Connection>[]>();
  /** Readers by the second in which their heartbeat is due, so that heartbeats spread out. */
  readonly #beats: Set<Connection>[] = Array.from({ length: HEARTBEAT_SECONDS }, () => new Set());
  /** Streams by the second in which they end. */
  readonly #deadlines = new Map<number, Set<Connection>>();
  /** Readers that take nothing, the one stuck longest first. */
  readonly #stuck = new Set<Connection>();
  /** Streams that are over but for what their readers have still to take, the oldest first. */
  readonly #ending = new Set<Connection>();
  /** What waits in memory, and for how many readers. */
  readonly #queued = new Map<SharedBytes, number>();
  #queuedBytes = 0;
  #second = 0;
  #stopTicking: (() => void) | undefined;
  #cancelRelief: (() => void) | undefined;

  /** @param random uniform in [0, 1), for jitter */
  constructor(
    timers: Timers,
    random: () => number,
    limits: ConnectionLimits,
    monitor: StreamMonitor,
  ) {
    this.#timers = timers;
    this.#random = random;
    this.#limits = limits;
    this.#monitor = monitor;
  }

  /** Open streams. */
  get size(): number {
    return this.#open.size;
  }

  /** Bytes in memory that slow readers have not taken. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * Whether more may be written that may have to wait: looked at before each write of messages, so
   * that the bound is passed by one of them at most, however many readers are stuck.
   */
  get hasRoom(): boolean {
    return this.#queuedBytes <= this.#limits.queueBytes;
  }

  /** Delay for `retry:` in ms: uniform between half and one and a half of the mean. */
  retryDelay(): number {
    return Math.round(RETRY_MS * (0.5 + this.#random()));
  }

  /**
   * Takes a new stream on.
   *
   * @param until when it must end at the latest, in the clock's ms
   */
  open(
    outlet: Outlet,
    until: number,
    onDrain: () => void,
    onClose: () => void,
  ): Connection {
    const now = this.#timers.now();
    const connection = new Connection(outlet, this, onDrain, onClose);
    // Give or take a tenth, so that streams which began together do not end together.
    const age = this.#limits.streamMaxAge * (0.9 + 0.2 * this.#random());
    const second = Math.ceil(Math.min(now + age, until) / 1000);
    const deadline = this.#deadlines.get(second) ?? new Set();
    this.#deadlines.set(second, deadline);
    const memberships = [this.#beats[this.#second]!, deadline];
    for (const set of memberships) set.add(connection);
    this.#open.set(connection, memberships);
    this.#startTicking();
    return connection;
  }

  /** Ends a stream with a hint to come back. */
  dismiss(connection: Connection): void {
    const hint = new SharedBytes(encoder.encode(`retry: ${this.retryDelay()}\n\n`));
    connection.end(hint, this.#timers.now());
  }

  /** Ends every stream with a hint to come back; gives the streams. */
  dismissAll(): Connection[] {
    const all = [...this.#open.keys()];
    for (const connection of all) this.dismiss(connection);
    return all;
  }

  /** Ends every stream for good; cuts those that have not ended `graceMs` later. */
  close(graceMs: number): void {
    this.#stopTicking?.();
    this.#cancelRelief?.();
    const all = this.dismissAll();
    if (all.length > 0) {
      this.#timers.after(graceMs, () => all.forEach((connection) => connection.destroy()));
    }
  }

  wrote(bytes: number): void {
    this.#monitor.wrote(bytes);
  }

  queued(connection: Connection, shared: SharedBytes): void {
    this.#stuck.add(connection);
    const readers = this.#queued.get(shared) ?? 0;
    if (readers === 0) this.#queuedBytes += shared.length;
    this.#queued.set(shared, readers + 1);
    // Not from within a write: whoever wrote goes through a list of readers right now.
    if (!this.hasRoom) this.#relieveAfter(0);
  }

  drained(connection: Connection): void {
    if (!this.#stuck.delete(connection)) return;
    for (const shared of connection.queue) {
      const readers = this.#queued.get(shared)! - 1;
      if (readers > 0) this.#queued.set(shared, readers);
      else {
        this.#queued.delete(shared);
        this.#queuedBytes -= shared.length;
      }
    }
  }

  ended(connection: Connection): void {
    this.#ending.add(connection);
  }

  closed(connection: Connection): void {
    this.drained(connection);
    this.#ending.delete(connection);
    for (const set of this.#open.get(connection) ?? []) set.delete(connection);
    this.#open.delete(connection);
    this.#monitor.closed();
  }

  #relieveAfter(ms: number): void {
    this.#cancelRelief ??= this.#timers.after(ms, () => {
      this.#cancelRelief = undefined;
      this.#relieve(this.#timers.now());
    });
  }

  #relieve(now: number): void {
    for (const connection of this.#stuck) {
      if (this.hasRoom) return;
      const due = connection.blockedSince! + RELIEF_MS;
      if (due > now) return this.#relieveAfter(due - now);
      this.#cutOff(connection, "memory");
    }
  }

  #cutOff(connection: Connection, why: "memory" | "stuck"): void {
    this.drained(connection);
    this.#ending.delete(connection);
    this.#monitor.cutOff(why);
    connection.destroy();
  }

  #startTicking(): void {
    this.#stopTicking ??= this.#timers.after(1000, () => {
      this.#stopTicking = undefined;
      this.#tick(this.#timers.now());
      if (this.#open.size > 0) this.#startTicking();
    });
  }

  #tick(now: number): void {
    this.#second = (this.#second + 1) % HEARTBEAT_SECONDS;
    for (const connection of this.#beats[this.#second]!) {
      if (connection.writable) connection.write(HEARTBEAT, now);
    }
    const { stuckTimeout } = this.#limits;
    for (const connection of this.#stuck) {
      if (now - connection.blockedSince! < stuckTimeout) break;
      this.#cutOff(connection, "stuck");
    }
    for (const connection of this.#ending) {
      if (now - connection.endedAt! < stuckTimeout) break;
      this.#cutOff(connection, "stuck");
    }
    for (const [second, connections] of this.#deadlines) {
      if (second * 1000 > now) continue;
      this.#deadlines.delete(second);
      for (const connection of connections) this.dismiss(connection);
    }
  }
}
