/** One dispatched event of a `text/event-stream`. */
export interface SseEvent {
  /** `message` when the stream named none. */
  event: string;
  data: string;
  /** The last id seen up to and including this event; empty when there was none. */
  lastEventId: string;
}

/** What a chunk of the stream amounted to. */
export interface SseChunk {
  events: SseEvent[];
  /** The last `retry:` of the chunk in milliseconds. */
  retry?: number;
}

/**
 * Incremental decoder of `text/event-stream` after WHATWG HTML §9.2.6: any cut of the bytes into
 * chunks gives the same events. An event that the stream's end leaves unfinished is dropped, as the
 * standard says.
 */
export class SseDecoder {
  // `ignoreBOM: false` drops the one leading byte order mark that the standard allows.
  readonly #text = new TextDecoder("utf-8", { ignoreBOM: false });
  #rest = "";
  #afterCarriageReturn = false;
  #event = "";
  #data: string[] = [];
  #lastEventId: string;

  /** @param lastEventId what events carry until the stream names an id */
  constructor(lastEventId = "") {
    this.#lastEventId = lastEventId;
  }

  /** Takes the next bytes and gives the events that they complete. */
  push(bytes: Uint8Array): SseChunk {
    const chunk: SseChunk = { events: [] };
    let text = this.#text.decode(bytes, { stream: true });
    // A CR at the end of the previous chunk has ended its line; this LF belongs to it.
    if (this.#afterCarriageReturn && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") this.#afterCarriageReturn = text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line, chunk);
    return chunk;
  }

  #line(line: string, chunk: SseChunk): void {
    if (line === "") return this.#dispatch(chunk);
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const raw = colon === -1 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    switch (field) {
      case "event":
        this.#event = value;
        return;
      case "data":
        this.#data.push(value);
        return;
      case "id":
        if (!value.includes("\u0000")) this.#lastEventId = value;
        return;
      case "retry":
        if (/^\d+$/.test(value)) chunk.retry = Number(value);
        return;
    }
  }

  #dispatch(chunk: SseChunk): void {
    if (this.#data.length > 0) {
      chunk.events.push({
        event: this.#event || "message",
        data: this.#data.join("\n"),
        lastEventId: this.#lastEventId,
      });
    }
    this.#event = "";
    this.#data = [];
  }
}
