import { type Clock, systemClock } from "../contracts/clock.ts";
import { formatCursor } from "../contracts/cursor.ts";
import type { FlowMessage } from "../contracts/flow.ts";
import { emptyFlowState, type FlowState, foldInto } from "../contracts/fold.ts";
import type { Hello } from "../contracts/hello.ts";
import { SseDecoder, type SseEvent } from "../contracts/sse_decoder.ts";
import type { Connection } from "./connection.ts";
import { openStream } from "./open_stream.ts";
import { DEFAULT_RETRY, retryDelay } from "./retry_delay.ts";
import {
  type Effect,
  type Position,
  type Session,
  type SessionInput,
  startSession,
  step,
} from "./session.ts";
import { streamHeaders, streamUrl } from "./stream_request.ts";
import { SubscribeError } from "./subscribe_error.ts";
import { Watchdog } from "./watchdog.ts";

/** How often a router sends something at least, in milliseconds. */
const HEARTBEAT = 15_000;
/** Two heartbeats may be lost on the way; half of one is for the way. */
const SILENT_HEARTBEATS = 2.5;

/** Called in the order of the stream. What they throw is reported and changes nothing here. */
export interface SubscribeCallbacks {
  /** The router said where the stream starts, also when it moves a slow reader forward. */
  onHello?(hello: Hello): void;
  /** One message, already folded. The snapshot of a resync comes here too. */
  onMessage?(message: FlowMessage, position: Position): void;
  /**
   * The state has changed; at most once for each chunk that the network delivers, so that a burst is
   * drawn once. It is the subscription's own: read it, or copy it with `copyFlowState` to keep it.
   */
  onState?(state: Readonly<FlowState>): void;
  onConnection?(connection: Connection): void;
  /** An attempt failed, a stream broke the protocol, or a callback threw. For logs. */
  onError?(error: SubscribeError): void;
}

export interface SubscribeOptions extends SubscribeCallbacks {
  /** Where the router is, with any path prefix it has behind a gateway. */
  url: string | URL;
  flowId: string;
  /** Sent as a bearer token; a function is asked anew for every attempt. */
  token?: string | (() => string | Promise<string>);
  /** Ends the subscription, as {@linkcode Subscription.close} does. */
  signal?: AbortSignal;
  /** The router's heartbeat in milliseconds; 2.5 of them without a byte end a connection. */
  heartbeat?: number;
  fetch?: typeof fetch;
  clock?: Clock;
  /** Gives a number in [0, 1). */
  random?: () => number;
}

/** A flow that is being followed. */
export interface Subscription {
  /** All messages up to `position`, folded. Changes in place. */
  readonly state: Readonly<FlowState>;
  /** Absent before the first snapshot and while a new one is needed. */
  readonly position: Position | undefined;
  readonly connection: Connection;
  /** Ends a pause between attempts at once: the network or the tab is back. */
  retryNow(): void;
  /** Ends it; the `closed` connection is the last that any callback hears. */
  close(): void;
  /** Settles when the subscription has ended and its connection is gone; never rejects. */
  readonly closed: Promise<void>;
}

/**
 * Follows one flow for as long as it is not closed: takes the snapshot, folds what comes after it,
 * and after any break resumes at exactly the next message, or by a new snapshot when the router no
 * longer has it. Runs unchanged in browsers and Deno.
 *
 * Callbacks rather than an async iterator: the connection changes while no message comes, and an
 * iterator would need a queue between the stream and the fold that nobody bounds.
 *
 * @example
 * ```ts
 * const subscription = subscribe({
 *   url: "http://127.0.0.1:8080",
 *   flowId: "rollout-42",
 *   onState: (state) => draw(state),
 *   onConnection: (connection) => show(connection.state),
 * });
 * ```
 * @throws {TypeError} when the address cannot be made from `url` and `flowId`
 */
export function subscribe(options: SubscribeOptions): Subscription {
  const subscriber = new Subscriber(options);
  subscriber.start();
  return subscriber;
}

class Subscriber implements Subscription {
  readonly #options: SubscribeOptions;
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  #state: FlowState;
  #session: Session = startSession();
  #retryBase = DEFAULT_RETRY;
  #endPause: (() => void) | undefined;

  constructor(options: SubscribeOptions) {
    this.#options = options;
    this.#url = streamUrl(options.url, options.flowId);
    this.#clock = options.clock ?? systemClock;
    this.#state = emptyFlowState(options.flowId);
  }

  get state(): Readonly<FlowState> {
    return this.#state;
  }

  get position(): Position | undefined {
    return this.#session.position;
  }

  get connection(): Connection {
    return this.#session.connection;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  retryNow(): void {
    this.#endPause?.();
  }

  close(): void {
    if (this.#ended.signal.aborted) return;
    this.#step({ type: "close" });
    this.#ended.abort();
    this.#endPause?.();
  }

  start(): void {
    // After the caller has its subscription, so that no callback comes before it.
    queueMicrotask(async () => {
      const { signal } = this.#options;
      const close = () => this.close();
      if (signal?.aborted) close();
      signal?.addEventListener("abort", close, { once: true });
      try {
        await this.#run();
      } finally {
        signal?.removeEventListener("abort", close);
        this.#closed.resolve();
      }
    });
  }

  async #run(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const error = await this.#connect();
      if (this.#ended.signal.aborted) return;
      if (error !== undefined) this.#report(error);
      await this.#pause(retryDelay({
        failures: Math.max(0, this.#session.failures - 1),
        base: this.#retryBase,
        refused: error?.isRefusal ?? false,
        retryAfter: error?.retryAfter,
      }, this.#options.random ?? Math.random));
    }
  }

  /** One connection, from the request to its end. @returns why it ended, unless it just ended */
  async #connect(): Promise<SubscribeError | undefined> {
    const connection = new AbortController();
    const limit = SILENT_HEARTBEATS * (this.#options.heartbeat ?? HEARTBEAT);
    const watchdog = new Watchdog(this.#clock, limit, () => {
      connection.abort(
        new SubscribeError("timeout", `nothing was heard for ${Math.round(limit / 1_000)} s`),
      );
    });
    const end = () => connection.abort();
    this.#ended.signal.addEventListener("abort", end, { once: true });
    let error: SubscribeError | undefined;
    try {
      error = await this.#read(connection.signal, watchdog);
    } catch (cause) {
      error = this.#errorOf(cause, connection.signal);
    } finally {
      watchdog.stop();
      this.#ended.signal.removeEventListener("abort", end);
      // Frees the socket of a connection that we leave and the router does not.
      connection.abort();
    }
    if (!this.#ended.signal.aborted) {
      this.#step({ type: "lost", at: watchdog.touchedAt, ...(error && { error }) });
    }
    return error;
  }

  async #read(signal: AbortSignal, watchdog: Watchdog): Promise<SubscribeError | undefined> {
    const { position } = this.#session;
    const headers = streamHeaders(
      position && formatCursor(position.seq, position.epoch),
      await this.#token(signal),
    );
    const doFetch = this.#options.fetch ?? fetch;
    const reader = await openStream(doFetch, this.#url, { headers, signal }, this.#clock);
    const decoder = new SseDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return undefined;
      watchdog.touch();
      const { events, retry } = decoder.push(value);
      if (retry !== undefined) this.#retryBase = retry;
      const drop = this.#take(events);
      if (drop !== undefined) return drop.error;
    }
  }

  async #token(signal: AbortSignal): Promise<string | undefined> {
    const { token } = this.#options;
    if (typeof token !== "function") return token;
    // A function that never answers must not hold up the watchdog or the close.
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([token(), aborted.promise]);
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw new SubscribeError("token", "the token could not be had", { cause });
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** @returns the drop that one of the events has led to; those after it are not looked at */
  #take(events: readonly SseEvent[]): Extract<Effect, { type: "drop" }> | undefined {
    let changed = false;
    let drop: Extract<Effect, { type: "drop" }> | undefined;
    for (const event of events) {
      for (const effect of this.#step({ type: "event", event })) {
        if (effect.type === "drop") drop = effect;
        if (effect.type === "fold" || effect.type === "reset") changed = true;
      }
      if (drop !== undefined || this.#ended.signal.aborted) break;
    }
    if (changed) this.#call(() => this.#options.onState?.(this.#state));
    return drop;
  }

  /** Session and folded state move together, and only then is anybody told. */
  #step(input: SessionInput): readonly Effect[] {
    const { session, effects } = step(this.#session, input);
    const moved = session.connection !== this.#session.connection;
    this.#session = session;
    for (const effect of effects) {
      if (effect.type === "fold") foldInto(this.#state, effect.message);
      else if (effect.type === "reset") this.#state = emptyFlowState(this.#options.flowId);
    }
    for (const effect of effects) this.#tell(effect);
    if (moved) this.#call(() => this.#options.onConnection?.(session.connection));
    return effects;
  }

  #tell(effect: Effect): void {
    if (effect.type === "hello") this.#call(() => this.#options.onHello?.(effect.hello));
    else if (effect.type === "fold") {
      this.#call(() => this.#options.onMessage?.(effect.message, effect.position));
    }
  }

  #pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(delay, () => this.#endPause?.());
      this.#endPause = () => {
        this.#endPause = undefined;
        cancel();
        resolve();
      };
    });
  }

  /** Runs a callback of the caller, whose failure is the caller's and not the stream's. */
  #call(callback: () => void): void {
    if (this.#ended.signal.aborted) return;
    try {
      callback();
    } catch (cause) {
      this.#report(new SubscribeError("callback", "a callback threw", { cause }));
    }
  }

  #report(error: SubscribeError): void {
    const { onError } = this.#options;
    // Without anyone to tell, a thrown callback surfaces as an uncaught error does everywhere else.
    if (onError === undefined) {
      if (error.code === "callback") reportError(error.cause);
      return;
    }
    try {
      onError(error);
    } catch (cause) {
      reportError(cause);
    }
  }

  #errorOf(cause: unknown, signal: AbortSignal): SubscribeError {
    const reason: unknown = signal.aborted ? signal.reason : cause;
    return reason instanceof SubscribeError
      ? reason
      : new SubscribeError("network", "the connection failed or was cut", { cause });
  }
}
