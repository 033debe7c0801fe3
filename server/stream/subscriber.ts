import type { HelloReason } from "../../contracts/hello.ts";
import { encodeSseEvent } from "../../contracts/sse_encode.ts";
import type { FlowLog, Start } from "../log/flow_log.ts";
import type { Outlet } from "./outlet.ts";
import { SharedBytes } from "./shared_bytes.ts";

/**
 * Most bytes of messages in one write. What a reader does not take stays in its socket's queue, so
 * this bounds what a stuck reader costs.
 */
const MAX_WRITE_BYTES = 256 * 1024;

const encoder = new TextEncoder();

/** One reader of one flow: a place in its log and a connection. */
export class Subscriber {
  readonly log: FlowLog;
  readonly #outlet: Outlet;
  #seq: number;
  #blockedSince: number | undefined;
  #ended = false;

  /** Tells the reader where it starts; the missed messages follow with the first {@linkcode pump}. */
  constructor(log: FlowLog, outlet: Outlet, start: Start, retryMs: number, now: number) {
    this.log = log;
    this.#outlet = outlet;
    this.#seq = start.seq;
    this.#introduce(start, `retry: ${retryMs}\n`, now);
  }

  /** Seq of the last message written to this reader. */
  get seq(): number {
    return this.#seq;
  }

  /** Since when the reader takes nothing, in the clock's milliseconds. */
  get blockedSince(): number | undefined {
    return this.#blockedSince;
  }

  /**
   * Writes what the reader misses, unless it has not taken the last write yet: at most one write of
   * messages a call. A reader that the ring has left behind is told and gets a snapshot instead.
   *
   * @returns whether anything was written
   */
  pump(now: number): boolean {
    if (this.#ended || this.#blockedSince !== undefined || this.#seq === this.log.seq) return false;
    if (!this.log.has(this.#seq)) {
      this.#restart("evicted", now);
      return true;
    }
    const { last, shared } = this.log.after(this.#seq, MAX_WRITE_BYTES);
    this.#seq = last;
    this.#write(shared, now);
    return true;
  }

  /** Whether messages wait for this reader. */
  get behind(): boolean {
    return !this.#ended && this.#seq < this.log.seq;
  }

  /** The reader takes bytes again. */
  drained(): void {
    this.#blockedSince = undefined;
  }

  /** Sends bytes that are no messages, such as a heartbeat, to a reader that takes them. */
  send(shared: SharedBytes, now: number): void {
    if (!this.#ended && this.#blockedSince === undefined) this.#write(shared, now);
  }

  /** Ends the stream, with last words for a reader that still takes bytes. */
  end(lastWords: SharedBytes, now: number): void {
    this.send(lastWords, now);
    this.#ended = true;
    this.#outlet.end();
  }

  /** Cuts the connection of a reader that is beyond last words. */
  destroy(): void {
    this.#ended = true;
    this.#outlet.destroy();
  }

  #restart(reason: Exclude<HelloReason, "resumed">, now: number): void {
    const start = this.log.startOver(reason);
    this.#seq = start.seq;
    this.#introduce(start, "", now);
  }

  #introduce({ hello, snapshot }: Start, prefix: string, now: number): void {
    const text = prefix + encodeSseEvent("hello", JSON.stringify(hello));
    this.#write(new SharedBytes(encoder.encode(text)), now);
    if (snapshot !== undefined) this.#write(snapshot.shared, now);
  }

  #write(shared: SharedBytes, now: number): void {
    if (!this.#outlet.write(shared)) this.#blockedSince ??= now;
  }
}
