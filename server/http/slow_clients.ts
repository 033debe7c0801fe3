import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isTaken } from "../stream/node_outlet.ts";
import type { SharedBytes } from "../stream/shared_bytes.ts";
import type { StreamMonitor } from "../stream/stream_monitor.ts";
import type { Timers } from "../stream/timers.ts";

/** What answers may leave untaken. */
export interface SlowClientLimits {
  /** How long a client may take nothing, in ms. */
  readonly stuckTimeout: number;
  /** Bytes that wait for all slow clients together; those that several wait for count once. */
  readonly queueBytes: number;
}

/** What is looked at of a connection. */
export type WatchedSocket = Pick<
  Socket,
  "destroyed" | "writableLength" | "bytesWritten" | "destroy"
>;

interface Watched {
  /** Bytes handed to the socket when it was last seen to move. */
  bytesWritten: number;
  /** Since when the client takes nothing, in the clock's ms; undefined while it does. */
  since: number | undefined;
}

const LOOK_MS = 1_000;

/** Small enough that a slow client is seen to move, large enough to cost no time. */
const SLICE_BYTES = 64 * 1024;

/**
 * Holds clients that do not take their answers to a bound: nothing else under `node:http` does. Event
 * streams keep their own, stricter account. One look at all connections a second, so that an answer
 * which is taken at once costs nothing.
 */
export class SlowClients {
  readonly #timers: Timers;
  readonly #limits: SlowClientLimits;
  readonly #monitor: Pick<StreamMonitor, "cutOff">;
  readonly #sockets = new Map<WatchedSocket, Watched>();
  readonly #sending = new WeakMap<WatchedSocket, SharedBytes>();
  #stopLooking: (() => void) | undefined;

  constructor(
    timers: Timers,
    limits: SlowClientLimits,
    monitor: Pick<StreamMonitor, "cutOff">,
  ) {
    this.#timers = timers;
    this.#limits = limits;
    this.#monitor = monitor;
  }

  /** Takes a new connection on. */
  watch(socket: WatchedSocket): void {
    this.#sockets.set(socket, { bytesWritten: 0, since: undefined });
    this.#startLooking();
  }

  /**
   * Ends an answer with bytes that other answers share, piece by piece as the client takes them: one
   * that does not costs a reference.
   *
   * @param bytes a view of `shared`
   */
  send(response: ServerResponse, bytes: Uint8Array, shared: SharedBytes): void {
    const { socket } = response.req;
    this.#sending.set(socket, shared);
    let at = 0;
    const more = () => {
      while (at < bytes.length) {
        // The listener goes with the response when the connection closes first: nobody waits for it.
        if (!response.write(bytes.subarray(at, at += SLICE_BYTES))) {
          return void response.once("drain", more);
        }
      }
      this.#sending.delete(socket);
      response.end();
    };
    more();
  }

  /** Looks no more. */
  stop(): void {
    this.#stopLooking?.();
  }

  #startLooking(): void {
    this.#stopLooking ??= this.#timers.after(LOOK_MS, () => {
      this.#stopLooking = undefined;
      this.#look(this.#timers.now());
      if (this.#sockets.size > 0) this.#startLooking();
    });
  }

  #look(now: number): void {
    const slow: { socket: WatchedSocket; since: number }[] = [];
    for (const [socket, watched] of this.#sockets) {
      if (socket.destroyed || isTaken(socket)) {
        this.#sockets.delete(socket);
        continue;
      }
      const { writableLength, bytesWritten } = socket;
      if (writableLength === 0) watched.since = undefined;
      else if (watched.since === undefined || bytesWritten !== watched.bytesWritten) {
        watched.since = now;
      }
      watched.bytesWritten = bytesWritten;
      if (watched.since !== undefined) slow.push({ socket, since: watched.since });
    }
    if (slow.length > 0) this.#cutOff(slow, now);
  }

  /** Keeps the youngest that fit: who is stuck longest is likeliest to stay so. */
  #cutOff(slow: { socket: WatchedSocket; since: number }[], now: number): void {
    const kept = new Set<SharedBytes>();
    let bytes = 0;
    for (const { socket, since } of slow.sort((a, b) => b.since - a.since)) {
      const shared = this.#sending.get(socket);
      const more = shared === undefined
        ? socket.writableLength
        : kept.has(shared)
        ? 0
        : shared.length;
      const isStuck = now - since >= this.#limits.stuckTimeout;
      // One answer alone may be larger than what all may leave: it was made, so it may be taken.
      const fits = bytes === 0 || bytes + more <= this.#limits.queueBytes;
      if (isStuck || !fits) {
        this.#monitor.cutOff(isStuck ? "stuck" : "memory");
        socket.destroy();
      } else {
        bytes += more;
        if (shared !== undefined) kept.add(shared);
      }
    }
  }
}
