/** What a process keeps after a collection, in bytes. */
export interface HeapUsage {
  /** JavaScript objects in use. */
  readonly used: number;
  /** What array buffers hold outside of the heap. */
  readonly buffers: number;
}

/**
 * A session of V8's inspector (Chrome DevTools Protocol over WebSocket), so that a product which is
 * measured needs no hook for it. Leave it before the process is told to end: Deno 2.9.2 waits for that,
 * at full speed.
 */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#onMessage(JSON.parse(data));
    socket.onclose = () => {
      for (const { reject } of this.#answers.values()) reject(new Error("the inspector is gone"));
    };
  }

  /** @param address as the process tells it: `ws://127.0.0.1:<port>/ws/<id>` */
  static async connect(address: string): Promise<Inspector> {
    const socket = new WebSocket(address);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`no inspector at ${address}`));
    });
    socket.onerror = null;
    return new Inspector(socket);
  }

  /** Collects all garbage and tells what is left. */
  async heapAfterCollection(): Promise<HeapUsage> {
    // Once more for what the finalizers of the first let go.
    for (let i = 0; i < 2; i++) await this.#call("HeapProfiler.collectGarbage");
    const usage = await this.#call("Runtime.getHeapUsage") as Record<string, number>;
    return { used: usage["usedSize"] ?? NaN, buffers: usage["backingStorageSize"] ?? NaN };
  }

  /** May be called twice. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #call(method: string): Promise<unknown> {
    const id = ++this.#id;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method }));
    return answer.promise;
  }

  #onMessage(message: { id?: number; result?: unknown; error?: { message: string } }): void {
    if (message.id === undefined) return;
    const answer = this.#answers.get(message.id);
    this.#answers.delete(message.id);
    if (message.error === undefined) answer?.resolve(message.result);
    else answer?.reject(new Error(message.error.message));
  }
}
