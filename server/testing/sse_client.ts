import { SseDecoder, type SseEvent } from "../../contracts/sse_decoder.ts";

/** An open stream, read event by event. */
export class SseClient implements AsyncDisposable {
  readonly #decoder = new SseDecoder();
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #events: SseEvent[] = [];
  /** The last `retry:` in milliseconds. */
  retry: number | undefined;

  private constructor(readonly response: Response) {
    this.#reader = response.body!.getReader();
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
    return new SseClient(await fetch(url, { headers }));
  }

  /** The next event; undefined at the end of the stream. */
  async next(): Promise<SseEvent | undefined> {
    while (this.#events.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      const chunk = this.#decoder.push(value);
      this.#events.push(...chunk.events);
      this.retry = chunk.retry ?? this.retry;
    }
    return this.#events.shift();
  }

  /** The next `count` events. */
  async take(count: number): Promise<SseEvent[]> {
    const events: SseEvent[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === undefined) break;
      events.push(event);
    }
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
