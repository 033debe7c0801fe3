import type { Outlet } from "./outlet.ts";
import type { SharedBytes } from "./shared_bytes.ts";

/** Who keeps account of all connections; see {@linkcode Connections}. */
export interface ConnectionOwner {
  wrote(bytes: number): void;
  /** The reader does not take these bytes yet. */
  queued(connection: Connection, shared: SharedBytes): void;
  drained(connection: Connection): void;
  /** Nothing more is written; what was is on its way to the reader. */
  ended(connection: Connection): void;
  closed(connection: Connection): void;
}

/** One open stream as bytes: what was written, whether it was taken, and how it ends. */
export class Connection {
  readonly #outlet: Outlet;
  readonly #owner: ConnectionOwner;
  #blockedSince: number | undefined;
  #endedAt: number | undefined;
  #queue: SharedBytes[] = [];
  #state: "open" | "ended" | "closed" = "open";

  /**
   * @param onDrain called when a reader that was full takes bytes again
   * @param onClose called once, whoever ended the stream
   */
  constructor(outlet: Outlet, owner: ConnectionOwner, onDrain: () => void, onClose: () => void) {
    this.#outlet = outlet;
    this.#owner = owner;
    outlet.onDrain = () => {
      if (this.#blockedSince === undefined) return;
      owner.drained(this);
      this.#blockedSince = undefined;
      this.#queue = [];
      if (this.#state === "open") onDrain();
    };
    outlet.onClose = () => {
      if (this.#state === "closed") return;
      this.#state = "closed";
      owner.closed(this);
      onClose();
    };
  }

  /** Whether the stream goes on. */
  get open(): boolean {
    return this.#state === "open";
  }

  /** Since when the reader takes nothing, in the clock's milliseconds. */
  get blockedSince(): number | undefined {
    return this.#blockedSince;
  }

  /** When the stream was ended, in the clock's milliseconds. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** Whether a write now would be taken. */
  get writable(): boolean {
    return this.#state === "open" && this.#blockedSince === undefined;
  }

  /** What was written since the reader stopped taking it. */
  get queue(): readonly SharedBytes[] {
    return this.#queue;
  }

  /** Writes whether or not the reader takes it; look at {@linkcode writable} first. */
  write(shared: SharedBytes, now: number): void {
    if (this.#state !== "open") return;
    this.#owner.wrote(shared.length);
    if (this.#outlet.write(shared)) return;
    this.#blockedSince ??= now;
    this.#queue.push(shared);
    this.#owner.queued(this, shared);
  }

  /** Ends the stream, with last words for a reader that takes them. */
  end(lastWords: SharedBytes, now: number): void {
    if (this.#state !== "open") return;
    if (this.writable) this.write(lastWords, now);
    this.#state = "ended";
    this.#endedAt = now;
    this.#owner.ended(this);
    this.#outlet.end();
  }

  /** Cuts the connection of a reader that is beyond last words. */
  destroy(): void {
    if (this.#state === "open") this.#state = "ended";
    this.#outlet.destroy();
  }
}
