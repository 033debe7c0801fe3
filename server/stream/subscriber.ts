import type { HelloReason } from "../../contracts/hello.ts";
import { encodeSseEvent } from "../../contracts/sse_encode.ts";
import type { FlowLog, Start } from "../log/flow_log.ts";
import type { Connection } from "./connection.ts";
import type { Reader } from "./reader.ts";
import { SharedBytes } from "./shared_bytes.ts";
import type { StreamMonitor } from "./stream_monitor.ts";

const encoder = new TextEncoder();
const DELETED = new SharedBytes(encoder.encode("event: deleted\ndata: {}\n\n"));

/** One reader of one flow: a place in its log, and a connection. */
export class Subscriber implements Reader {
  readonly #log: FlowLog;
  readonly #connection: Connection;
  readonly #writeBytes: number;
  readonly #monitor: StreamMonitor;
  #seq = 0;

  /** @param writeBytes most bytes of messages in one write, which bounds what a stuck reader costs */
  constructor(log: FlowLog, connection: Connection, writeBytes: number, monitor: StreamMonitor) {
    this.#log = log;
    this.#connection = connection;
    this.#writeBytes = writeBytes;
    this.#monitor = monitor;
  }

  /** Tells the reader where it starts; the missed messages follow with the first {@linkcode pump}. */
  begin(start: Start, retryMs: number, now: number): void {
    this.#introduce(start, `retry: ${retryMs}\n`, now);
  }

  /** A reader that the ring has left behind is told so, and gets a snapshot instead. */
  pump(now: number): boolean {
    if (!this.waiting) return false;
    if (!this.#log.has(this.#seq)) {
      this.#introduce(this.#log.startOver("evicted"), "", now);
      return true;
    }
    const { last, shared } = this.#log.after(this.#seq, this.#writeBytes);
    this.#monitor.delivered(last - this.#seq);
    this.#seq = last;
    this.#connection.write(shared, now);
    return true;
  }

  get waiting(): boolean {
    return this.#seq !== this.#log.seq && this.#connection.writable;
  }

  deleted(now: number): void {
    this.#connection.end(DELETED, now);
  }

  #introduce({ hello, seq, snapshot }: Start, prefix: string, now: number): void {
    const reason: HelloReason = hello.reason;
    this.#monitor.started(reason);
    this.#seq = seq;
    const text = prefix + encodeSseEvent("hello", JSON.stringify(hello));
    this.#connection.write(new SharedBytes(encoder.encode(text)), now);
    if (snapshot !== undefined) this.#connection.write(snapshot.shared, now);
  }
}
