import { SseDecoder, type SseEvent } from "../../contracts/sse_decoder.ts";
import type { Outlet } from "../stream/outlet.ts";
import type { SharedBytes } from "../stream/shared_bytes.ts";

/** An outlet whose reader is a test: it can stop taking bytes, and what it got is at hand. */
export class MemoryOutlet implements Outlet {
  onDrain = () => {};
  onClose = () => {};
  /** Bytes that the reader has not taken yet. */
  queued = 0;
  writes = 0;
  state: "open" | "ended" | "destroyed" = "open";
  readonly #decoder = new SseDecoder();
  #queue: SharedBytes[] = [];
  #stuck = false;
  #saysSo = true;
  #events: SseEvent[] = [];

  write(shared: SharedBytes): boolean {
    if (this.state !== "open") throw new Error(`write to an outlet that is ${this.state}`);
    this.writes++;
    this.queued += shared.length;
    this.#queue.push(shared);
    if (!this.#stuck) this.#take();
    return !(this.#stuck && this.#saysSo);
  }

  end(): void {
    this.state = "ended";
    // As a socket does: it closes once the reader has taken all that was written.
    if (!this.#stuck) this.onClose();
  }

  destroy(): void {
    if (this.state !== "destroyed") {
      this.state = "destroyed";
      this.onClose();
    }
  }

  /**
   * The reader takes nothing from here on.
   *
   * @param saysSo false as long as what is written fits into buffers on the way
   */
  stick(saysSo = true): void {
    this.#stuck = true;
    this.#saysSo = saysSo;
  }

  /** The reader takes all that waits and goes on reading. */
  unstick(): void {
    this.#stuck = false;
    this.#take();
    this.onDrain();
    if (this.state === "ended") this.onClose();
  }

  /** The events that came since the last call, heartbeats left out. */
  events(): SseEvent[] {
    const events = this.#events.filter(({ event }) => event !== "heartbeat");
    this.#events = [];
    return events;
  }

  /** How many heartbeats wait to be looked at; {@linkcode events} forgets them. */
  get heartbeats(): number {
    return this.#events.filter(({ event }) => event === "heartbeat").length;
  }

  #take(): void {
    for (const { bytes } of this.#queue) this.#events.push(...this.#decoder.push(bytes).events);
    this.#queue = [];
    this.queued = 0;
  }
}
