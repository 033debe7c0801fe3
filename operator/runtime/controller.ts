import { type Clock, systemClock } from "../../contracts/clock.ts";
import type { Logger } from "../../contracts/logger.ts";
import { Deadline } from "../../kube/deadline.ts";
import { asKubeError, KubeError } from "../../kube/errors.ts";
import { type RetryTiming, WorkQueue } from "./work_queue.ts";

/** How a run ended, as the metrics count it. */
export type ReconcileOutcome = "success" | "requeue" | "conflict" | "error";

/** What is told about each run. */
export interface ReconcileMonitor {
  reconciled(kind: string, outcome: ReconcileOutcome, seconds: number): void;
}

/** What a run asks for; nothing when all is as it should be. */
export interface ReconcileResult {
  /** Look again after this many milliseconds, if no event comes before. */
  readonly requeueAfterMs?: number;
}

export interface ControllerOptions {
  /** What is reconciled, for logs and metrics. */
  readonly kind: string;
  /**
   * Brings the world closer to what the object of this key asks for. Level-triggered: it is told
   * which object, never what happened to it, and looks for itself. The signal aborts when the
   * controller stops to be in charge, or when the run takes too long.
   */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>;
  /** Keys that are worked on at the same time. */
  readonly workers?: number;
  /** The longest run, in milliseconds. */
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryTiming>;
  readonly monitor?: ReconcileMonitor;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Gives numbers in [0, 1). */
  readonly random?: () => number;
}

/** Somebody else has written the object: the news is on its way, and there is nothing wrong. */
const CONFLICT_DELAY_MS = 50;

/**
 * Runs `reconcile` for the keys that have work: at most `workers` at a time, never twice for a key
 * at once, and again with growing delays for a key that fails.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  readonly #runs = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;
  #cancelTimer = () => {};

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#queue = new WorkQueue({
      ...(options.retry === undefined ? {} : { timing: options.retry }),
      ...(options.random === undefined ? {} : { random: options.random }),
    });
  }

  get kind(): string {
    return this.#options.kind;
  }

  /** Keys that are due and wait for a worker. */
  get depth(): number {
    return this.#queue.depth;
  }

  /**
   * Says that something about a key has changed. May be called before {@linkcode run}.
   *
   * @param delayMs how long what else changes may still come before the key is worked on
   */
  enqueue(key: string, delayMs = 0): void {
    if (delayMs > 0) this.#queue.addAt(key, this.#clock.now() + delayMs);
    else this.#queue.add(key);
    this.#pump();
  }

  /**
   * Works until the signal aborts, and resolves when the runs that were under way have ended. What
   * is left in the queue stays there.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#signal !== undefined) throw new TypeError(`${this.kind} controller already runs`);
    this.#signal = signal;
    const stopped = Promise.withResolvers<void>();
    const stop = () => stopped.resolve();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    this.#pump();
    await stopped.promise;
    signal.removeEventListener("abort", stop);
    this.#cancelTimer();
    await Promise.all(this.#runs);
    this.#signal = undefined;
  }

  #pump(): void {
    const signal = this.#signal;
    if (signal === undefined || signal.aborted) return;
    const { workers = 4 } = this.#options;
    while (this.#runs.size < workers) {
      const key = this.#queue.take(this.#clock.now());
      if (key === undefined) break;
      const run = this.#runOne(key, signal).finally(() => {
        this.#runs.delete(run);
        this.#pump();
      });
      this.#runs.add(run);
    }
    this.#arm();
  }

  #arm(): void {
    this.#cancelTimer();
    const { workers = 4 } = this.#options;
    const now = this.#clock.now();
    const at = this.#runs.size < workers ? this.#queue.nextAt(now) : undefined;
    this.#cancelTimer = at === undefined
      ? () => {}
      : this.#clock.after(Math.max(0, at - now), () => this.#pump());
  }

  async #runOne(key: string, signal: AbortSignal): Promise<void> {
    const { kind, reconcile, timeoutMs = 60_000, monitor } = this.#options;
    const startedAt = this.#clock.now();
    let outcome: ReconcileOutcome;
    try {
      using deadline = new Deadline(this.#clock, signal);
      deadline.set(timeoutMs, `reconcile ${kind} ${key}`);
      const { requeueAfterMs } = await reconcile(key, deadline.signal);
      this.#queue.forget(key);
      outcome = requeueAfterMs === undefined ? "success" : "requeue";
      if (requeueAfterMs !== undefined) {
        this.#queue.addAt(key, this.#clock.now() + requeueAfterMs);
      }
    } catch (thrown) {
      outcome = this.#failed(key, thrown, signal);
    } finally {
      this.#queue.done(key);
    }
    monitor?.reconciled(kind, outcome, (this.#clock.now() - startedAt) / 1000);
  }

  #failed(key: string, thrown: unknown, signal: AbortSignal): ReconcileOutcome {
    const { kind, log } = this.#options;
    const now = this.#clock.now();
    if (signal.aborted) {
      // Whoever is in charge next looks at everything anew; so do we, if that is us.
      this.#queue.addAt(key, now);
      return "error";
    }
    if (thrown instanceof KubeError && thrown.code === "conflict") {
      this.#queue.addAt(key, now + CONFLICT_DELAY_MS);
      return "conflict";
    }
    const error = asKubeError(thrown, "handler-failed", `reconcile ${kind} ${key}`);
    const retryInMs = this.#queue.retry(key, now, error.retryAfterMs);
    log("WARN", "reconcile failed, will retry", {
      kind,
      key,
      code: error.code,
      err: error.message,
      failures: this.#queue.failures(key),
      retryInMs: Math.round(retryInMs),
    });
    return "error";
  }
}
