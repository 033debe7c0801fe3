import { formatCursor, parseCursor } from "../../contracts/cursor.ts";
import type { FlowMessage, Snapshot } from "../../contracts/flow.ts";
import { emptyFlowState, type FlowState, foldInto, snapshotOf } from "../../contracts/fold.ts";
import type { Hello } from "../../contracts/hello.ts";
import { encodeSseEvent } from "../../contracts/sse_encode.ts";

const EPOCHS = "abcdefghijklmnopqrstuvwxyz";

/** How the bytes of one event are cut on their way: gives the size of the next chunk. */
export type Cut = (left: number) => number;

interface Stream {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  open: boolean;
}

/**
 * One flow of a router behind a `fetch`, with the faults of a network. The rules of the stream are
 * written from the protocol and not from the server's code; the tests that cross parts hold the
 * subscriber against the server itself.
 */
export class FakeRouter {
  readonly flowId: string;
  readonly requests: Request[] = [];
  /** Every state that the flow has had, by cursor. */
  readonly history = new Map<string, Snapshot>();
  /** Answers instead of the router while it is set. */
  answer: ((request: Request) => Response | Promise<Response>) | undefined;
  retry: number | undefined = 500;
  #cut: Cut;
  #streams = new Set<Stream>();
  #epochs = 0;
  #state!: FlowState;
  #seq!: number;
  #ring!: Map<number, FlowMessage>;

  constructor(flowId: string, cut: Cut = (left) => left) {
    this.flowId = flowId;
    this.#cut = cut;
    this.#begin();
  }

  get epoch(): string {
    const n = this.#epochs;
    return EPOCHS.charAt(n % 26) + EPOCHS.charAt(Math.floor(n / 26));
  }

  get cursor(): string {
    return formatCursor(this.#seq, this.epoch);
  }

  get snapshot(): Snapshot {
    return snapshotOf(this.#state);
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    this.requests.push(request);
    request.signal.throwIfAborted();
    if (this.answer !== undefined) return await this.answer(request);
    return this.#stream(request);
  };

  publish(message: FlowMessage): void {
    this.accept(message);
    this.send(this.#frame(this.#seq, message));
  }

  /** Takes a message that gets lost on the way to the open streams. */
  accept(message: FlowMessage): void {
    foldInto(this.#state, message);
    this.#seq++;
    this.#ring.set(this.#seq, message);
    this.history.set(this.cursor, this.snapshot);
  }

  /** Sends `text` as it is to every open stream. */
  send(text: string): void {
    for (const stream of this.#streams) this.#write(stream, text);
  }

  heartbeat(): void {
    this.send(encodeSseEvent("heartbeat", "{}"));
  }

  /** Sends the last message once more. */
  repeat(): void {
    const last = this.#ring.get(this.#seq);
    if (last !== undefined) this.send(this.#frame(this.#seq, last));
  }

  /** Moves open streams forward, as for a reader that fell behind. */
  skip(): void {
    for (const stream of this.#streams) this.#fresh(stream, "evicted");
  }

  /** Forgets all but the newest `keep` messages; the folded state stays. */
  evict(keep: number): void {
    for (const seq of this.#ring.keys()) {
      if (seq <= this.#seq - keep) this.#ring.delete(seq);
    }
  }

  delete(): void {
    this.send(encodeSseEvent("deleted", "{}"));
    this.endStreams();
    this.#begin();
  }

  restart(): void {
    this.cutStreams();
    this.#begin();
  }

  endStreams(): void {
    for (const stream of this.#streams) this.#close(stream, () => stream.controller.close());
  }

  cutStreams(): void {
    for (const stream of this.#streams) {
      this.#close(stream, () => stream.controller.error(new TypeError("connection reset")));
    }
  }

  #begin(): void {
    this.#epochs++;
    this.#state = emptyFlowState(this.flowId);
    this.#seq = 0;
    this.#ring = new Map();
    this.history.set(this.cursor, this.snapshot);
  }

  #stream(request: Request): Response {
    const { promise, resolve } = Promise.withResolvers<Stream>();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => resolve({ controller, open: true }),
      cancel: () => void promise.then((stream) => this.#close(stream, () => {})),
    });
    promise.then((stream) => {
      request.signal.addEventListener("abort", () => {
        this.#close(stream, () => stream.controller.error(request.signal.reason));
      });
      if (request.signal.aborted) return;
      this.#streams.add(stream);
      if (this.retry !== undefined) this.#write(stream, `retry: ${this.retry}\n\n`);
      this.#greet(stream, request.headers.get("last-event-id"));
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  #greet(stream: Stream, lastEventId: string | null): void {
    if (lastEventId === null) return this.#fresh(stream, "new");
    const cursor = parseCursor(lastEventId);
    if (cursor === undefined) return this.#fresh(stream, "unknown");
    if (cursor.epoch !== this.epoch) return this.#fresh(stream, "epoch-changed");
    if (cursor.seq > this.#seq) return this.#fresh(stream, "ahead");
    const missed = Array.from({ length: this.#seq - cursor.seq }, (_, i) => cursor.seq + 1 + i);
    if (missed.some((seq) => !this.#ring.has(seq))) return this.#fresh(stream, "evicted");
    this.#hello(stream, true, "resumed");
    for (const seq of missed) this.#write(stream, this.#frame(seq, this.#ring.get(seq)!));
  }

  #fresh(stream: Stream, reason: Hello["reason"]): void {
    this.#hello(stream, false, reason);
    this.#write(stream, this.#frame(this.#seq, this.snapshot));
  }

  #hello(stream: Stream, recovered: boolean, reason: Hello["reason"]): void {
    const hello: Hello = { epoch: this.epoch, seq: this.#seq, recovered, reason };
    this.#write(stream, encodeSseEvent("hello", JSON.stringify(hello)));
  }

  #frame(seq: number, message: FlowMessage): string {
    return encodeSseEvent(message.type, JSON.stringify(message), formatCursor(seq, this.epoch));
  }

  #write(stream: Stream, text: string): void {
    if (!stream.open) return;
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) {
      const size = Math.min(Math.max(1, this.#cut(bytes.length)), bytes.length);
      stream.controller.enqueue(bytes.slice(0, size));
      bytes = bytes.subarray(size);
    }
  }

  #close(stream: Stream, end: () => void): void {
    if (!stream.open) return;
    stream.open = false;
    this.#streams.delete(stream);
    end();
  }
}
