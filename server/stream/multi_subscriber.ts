import { formatCursors } from "../../contracts/cursor.ts";
import type { MultiHello } from "../../contracts/hello.ts";
import { encodeSseEvent } from "../../contracts/sse_encode.ts";
import type { FlowLog, Start } from "../log/flow_log.ts";
import type { Connection } from "./connection.ts";
import type { Reader } from "./reader.ts";
import { SharedBytes } from "./shared_bytes.ts";
import type { StreamMonitor } from "./stream_monitor.ts";

const encoder = new TextEncoder();

/**
 * One reader of several flows on one connection. Every event's id holds the place in each of them,
 * so that a plain `EventSource` resumes all of them exactly; its data names the flow. That makes the
 * bytes this reader's own: it is for a few flows of a page, not for fan-out to thousands.
 */
export class MultiSubscriber {
  readonly #connection: Connection;
  readonly #writeBytes: number;
  readonly #monitor: StreamMonitor;
  readonly #places = new Map<FlowLog, number>();

  constructor(connection: Connection, writeBytes: number, monitor: StreamMonitor) {
    this.#connection = connection;
    this.#writeBytes = writeBytes;
    this.#monitor = monitor;
  }

  /** Flows on this connection. */
  get size(): number {
    return this.#places.size;
  }

  /** Tells the reader where it starts in each flow; the missed messages follow by the legs. */
  begin(starts: ReadonlyMap<FlowLog, Start>, retryMs: number, now: number): void {
    this.#introduce(starts, true, `retry: ${retryMs}\n`, now);
  }

  /** One flow more, from its snapshot on. */
  join(log: FlowLog, now: number): void {
    this.#introduce(new Map([[log, log.startOver("new")]]), false, "", now);
  }

  /** The part of this reader that one flow's fan-out writes to. */
  leg(log: FlowLog): Reader {
    const waiting = () => {
      const place = this.#places.get(log);
      return place !== undefined && place !== log.seq && this.#connection.writable;
    };
    return {
      get waiting() {
        return waiting();
      },
      pump: (now) => waiting() && this.#pump(log, now),
      deleted: (now) => this.#deleted(log, now),
    };
  }

  #pump(log: FlowLog, now: number): boolean {
    const place = this.#places.get(log)!;
    if (!log.has(place)) {
      this.#introduce(new Map([[log, log.startOver("evicted")]]), false, "", now);
      return true;
    }
    let text = "";
    for (const { seq, type, json } of log.messagesAfter(place, this.#writeBytes)) {
      this.#places.set(log, seq);
      text += this.#event(type, log, json);
    }
    this.#monitor.delivered(this.#places.get(log)! - place);
    this.#write(text, now);
    return true;
  }

  #deleted(log: FlowLog, now: number): void {
    this.#places.delete(log);
    const data = JSON.stringify({ flowId: log.flowId });
    this.#write(encodeSseEvent("deleted", data, this.#id()), now);
  }

  #introduce(
    starts: ReadonlyMap<FlowLog, Start>,
    complete: boolean,
    prefix: string,
    now: number,
  ): void {
    const hello: MultiHello = {
      flows: Array.from(starts, ([{ flowId }, start]) => ({ flowId, ...start.hello })),
      complete,
    };
    let text = prefix + encodeSseEvent("hello", JSON.stringify(hello));
    // Flows that go on where they were come first: the ids of the snapshots then count them in.
    for (const [log, { seq, snapshot }] of starts) {
      if (snapshot === undefined) this.#places.set(log, seq);
    }
    for (const [log, { hello, seq, snapshot }] of starts) {
      this.#monitor.started(hello.reason);
      if (snapshot === undefined) continue;
      this.#places.set(log, seq);
      text += this.#event("snapshot", log, snapshot.json);
    }
    this.#write(text, now);
  }

  #event(type: string, { flowId }: FlowLog, json: string): string {
    // A message is an object and has a type, so it never is `{}` and a comma always belongs here.
    const data = `{"flowId":${JSON.stringify(flowId)},${json.slice(1)}`;
    return encodeSseEvent(type, data, this.#id());
  }

  #id(): string {
    return formatCursors(Array.from(this.#places, ([{ epoch }, seq]) => [epoch, seq] as const));
  }

  #write(text: string, now: number): void {
    this.#connection.write(new SharedBytes(encoder.encode(text)), now);
  }
}
