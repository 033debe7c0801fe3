import { type Clock, systemClock } from "../contracts/clock.ts";
import type { FlowState } from "../contracts/fold.ts";
import { SseDecoder } from "../contracts/sse_decoder.ts";
import { afterLoss, type Connection } from "./connection.ts";
import { FlowsFold } from "./flows_fold.ts";
import { openStream } from "./open_stream.ts";
import { DEFAULT_RETRY, retryDelay } from "./retry_delay.ts";
import { flowsStreamUrl, streamHeaders } from "./stream_request.ts";
import { SubscribeError } from "./subscribe_error.ts";
import { Watchdog } from "./watchdog.ts";

/** Two and a half heartbeats of the router, in milliseconds: longer silence is a broken connection. */
const SILENCE = 37_500;

export interface FollowFlowsOptions {
  /** Where the router is, with any path prefix it has behind a gateway. */
  readonly url: string | URL;
  /** Flow ids, in which `*` stands for any characters. */
  readonly patterns: readonly string[];
  /** Flows have come, changed or gone; at most once for each chunk that the network delivers. */
  onFlows?(changed: ReadonlySet<string>): void;
  onConnection?(connection: Connection): void;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** Gives a number in [0, 1). */
  readonly random?: () => number;
}

/** Several flows that are being followed. */
export interface FollowedFlows {
  /** By flow id. Changes in place. */
  readonly states: ReadonlyMap<string, Readonly<FlowState>>;
  readonly connection: Connection;
  /** Ends a pause between attempts at once. */
  retryNow(): void;
  close(): void;
  /** Settles when the connection is gone; never rejects. */
  readonly closed: Promise<void>;
}

/**
 * Follows all flows that match, on one connection, for as long as it is not closed: flows that come
 * to be join, deleted ones go, and after a break each resumes at exactly its next message. Runs
 * unchanged in browsers and Deno.
 *
 * @throws {TypeError} when the address cannot be made from `url`
 */
export function followFlows(options: FollowFlowsOptions): FollowedFlows {
  const follower = new Follower(options);
  // After the caller has it, so that no callback comes before.
  queueMicrotask(() => follower.run());
  return follower;
}

class Follower implements FollowedFlows {
  readonly #options: FollowFlowsOptions;
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #fold = new FlowsFold();
  readonly #ended = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  #connection: Connection = { state: "connecting" };
  #retryBase = DEFAULT_RETRY;
  #failures = 0;
  #endPause: (() => void) | undefined;

  constructor(options: FollowFlowsOptions) {
    this.#options = options;
    this.#url = flowsStreamUrl(options.url, options.patterns);
    this.#clock = options.clock ?? systemClock;
  }

  get states(): ReadonlyMap<string, Readonly<FlowState>> {
    return this.#fold.states;
  }

  get connection(): Connection {
    return this.#connection;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  retryNow(): void {
    this.#endPause?.();
  }

  close(): void {
    if (this.#ended.signal.aborted) return;
    this.#move({ state: "closed" });
    this.#ended.abort();
    this.#endPause?.();
  }

  async run(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const error = await this.#connect();
      if (this.#ended.signal.aborted) break;
      await this.#pause(retryDelay({
        failures: Math.max(0, this.#failures - 1),
        base: this.#retryBase,
        refused: error?.isRefusal ?? false,
        retryAfter: error?.retryAfter,
      }, this.#options.random ?? Math.random));
    }
    this.#closed.resolve();
  }

  /** One connection, from the request to its end. @returns why it ended, unless it just ended */
  async #connect(): Promise<SubscribeError | undefined> {
    const connection = new AbortController();
    const watchdog = new Watchdog(this.#clock, SILENCE, () => {
      connection.abort(new SubscribeError("timeout", `nothing was heard for ${SILENCE / 1_000} s`));
    });
    const signal = AbortSignal.any([connection.signal, this.#ended.signal]);
    let heard = false;
    let error: SubscribeError | undefined;
    try {
      await this.#read(signal, watchdog, () => heard = true);
    } catch (cause) {
      const reason: unknown = connection.signal.aborted ? connection.signal.reason : cause;
      error = reason instanceof SubscribeError
        ? reason
        : new SubscribeError("network", "the connection failed or was cut", { cause });
    } finally {
      watchdog.stop();
      // Frees the socket of a connection that we leave and the router does not.
      connection.abort();
    }
    if (this.#ended.signal.aborted) return undefined;
    const broken = error?.code === "gap" || error?.code === "malformed";
    if (broken) this.#fold.giveUp();
    this.#failures = heard && !broken ? 0 : this.#failures + 1;
    this.#move(afterLoss(
      this.#connection,
      watchdog.touchedAt,
      heard ? undefined : error ?? new SubscribeError("protocol", "the stream ended at once"),
    ));
    return error;
  }

  async #read(signal: AbortSignal, watchdog: Watchdog, onHello: () => void): Promise<void> {
    const headers = streamHeaders(this.#fold.lastEventId, undefined);
    const doFetch = this.#options.fetch ?? fetch;
    const reader = await openStream(doFetch, this.#url, { headers, signal }, this.#clock);
    const decoder = new SseDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      watchdog.touch();
      const { events, retry } = decoder.push(value);
      if (retry !== undefined) this.#retryBase = retry;
      const changed = new Set<string>();
      try {
        for (const event of events) {
          for (const flowId of this.#fold.take(event)) changed.add(flowId);
          if (event.event !== "hello") continue;
          onHello();
          this.#move({ state: "live" });
        }
      } finally {
        if (changed.size > 0) this.#options.onFlows?.(changed);
      }
    }
  }

  #move(connection: Connection): void {
    if (connection.state === "live" && this.#connection.state === "live") return;
    this.#connection = connection;
    this.#options.onConnection?.(connection);
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
}
