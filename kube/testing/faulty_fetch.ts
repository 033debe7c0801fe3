import { readBody } from "../body.ts";
import type { KubeFetch } from "../client.ts";
import { statusResponse } from "./api_documents.ts";
import type { AnswerFault } from "./fake_api_server.ts";

/** The faults that a scenario asks for, wherever they are made. */
export interface WatchFaults {
  /** Breaks every open watch in the middle. */
  cutWatches(): void;
  /** Leaves every open watch open, and silent for good. */
  muteWatches(): void;
  /** Puts text into every open watch, between two events. */
  writeToWatches(text: string): void;
  /** Answers the next requests (of one kind, or whatever they are) with this status. */
  answerNext(count: number, fault: AnswerFault): void;
}

/**
 * Makes faults on the client's side of any API server, also a real one, which cannot be asked for
 * them: what passes through {@linkcode fetch} can be cut, silenced and falsified.
 */
export class FaultyFetch implements WatchFaults {
  readonly #inner: KubeFetch;
  readonly #watches = new Set<PipedWatch>();
  readonly #answers: AnswerFault[] = [];

  constructor(inner: KubeFetch) {
    this.#inner = inner;
  }

  readonly fetch: KubeFetch = async (path, init) => {
    const kind = /[?&]watch=(true|1)/.test(path) ? "watch" : "list";
    const prepared = this.#answers.findIndex(({ to }) => to === undefined || to === kind);
    if (prepared >= 0) {
      const [fault] = this.#answers.splice(prepared, 1);
      if (fault !== undefined) {
        const { code, reason = "Fault", message = "asked for by a test", headers } = fault;
        return statusResponse(code, reason, message, headers);
      }
    }
    const response = await this.#inner(path, init);
    if (kind === "list" || response.status !== 200 || response.body === null) return response;
    const signal = init?.signal ?? new AbortController().signal;
    const watch = new PipedWatch(response.body, signal, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    return new Response(watch.body, response);
  };

  cutWatches(): void {
    for (const watch of [...this.#watches]) watch.cut();
  }

  muteWatches(): void {
    for (const watch of this.#watches) watch.muted = true;
  }

  writeToWatches(text: string): void {
    for (const watch of this.#watches) watch.insert(text);
  }

  answerNext(count: number, fault: AnswerFault): void {
    for (let i = 0; i < count; i++) this.#answers.push(fault);
  }
}

const NEWLINE = 0x0a;

/** A watch body on its way through, of which whole lines can be watched going by. */
class PipedWatch {
  readonly body: ReadableStream<Uint8Array>;
  muted = false;
  readonly #source: AsyncGenerator<Uint8Array, void>;
  readonly #stop = new AbortController();
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #betweenLines = true;
  #pendingText = "";

  constructor(source: ReadableStream<Uint8Array>, signal: AbortSignal, onEnd: () => void) {
    this.#source = readBody(source, AbortSignal.any([signal, this.#stop.signal]));
    this.#onEnd = onEnd;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        this.#pump(controller);
      },
      cancel: () => this.#end(),
    });
  }

  cut(): void {
    this.#controller?.error(new TypeError("error reading a body from connection"));
    this.#end();
  }

  insert(text: string): void {
    if (this.muted) return;
    this.#pendingText += text;
    this.#flush();
  }

  #flush(): void {
    if (!this.#betweenLines || this.#pendingText === "") return;
    this.#controller?.enqueue(new TextEncoder().encode(this.#pendingText));
    this.#pendingText = "";
  }

  async #pump(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of this.#source) {
        if (this.muted) continue;
        controller.enqueue(chunk);
        this.#betweenLines = chunk.at(-1) === NEWLINE;
        this.#flush();
      }
      if (this.muted) return;
      controller.close();
    } catch (error) {
      if (this.#controller !== undefined) controller.error(error);
    }
    this.#end();
  }

  #end(): void {
    this.#controller = undefined;
    this.#stop.abort();
    this.#onEnd();
  }
}
