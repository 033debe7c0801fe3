import { Outbox } from "../../client/outbox.ts";
import type { OutboxOptions } from "../../client/outbox_options.ts";
import { systemClock } from "../../contracts/clock.ts";
import type { FlowInstance } from "../../contracts/flow.ts";
import type { Logger } from "../../contracts/logger.ts";
import { TERMINAL_PHASES } from "../../contracts/transport/runs.ts";
import type { TransportCaches } from "../transport/caches.ts";
import { type FlowScope, runOfFlow } from "./flow_ids.ts";
import { endOrphans } from "./orphans.ts";
import { ended, type RunFlow, runFlow } from "./run_flow.ts";

export interface RunReporterOptions {
  readonly caches: TransportCaches;
  /** How to reach the router. */
  readonly router: Pick<OutboxOptions, "url" | "token" | "fetch" | "clock" | "random">;
  readonly log: Logger;
  /** Which flows on the router are those of this cluster's runs. */
  readonly scope?: FlowScope;
  /** The only namespace whose runs are ours; all when absent. */
  readonly namespace?: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly now?: () => number;
}

/** A run's state changes rarely; a thousand outboxes must not ask the router all the time. */
const VERIFY_MS = 60_000;
/** How long the last post of a run that is over may take. */
const LAST_POST_MS = 10_000;
/** Runs that were over when they were first seen are reported a few at a time. */
const MAX_ENDING = 32;

/** Keeps a flow on a router for every StoryRun, as long as there is one. */
export class RunReporter {
  readonly #options: RunReporterOptions;
  readonly #reports = new Map<string, Report>();
  /** Uids of the runs that are over and reported: nothing more happens to them. */
  readonly #finished = new Map<string, string>();
  readonly #ending = new Set<Promise<void>>();
  readonly #backlog = new Set<string>();
  #signal: AbortSignal | undefined;
  /** What was last said to be wrong, so that a thousand outboxes do not all say it. */
  #trouble: string | undefined;

  constructor(options: RunReporterOptions) {
    this.#options = options;
  }

  /** Flows that are kept at this moment. */
  get size(): number {
    return this.#reports.size;
  }

  /** Reports until the signal aborts; resolves when the last posts are made or given up. */
  async run(signal: AbortSignal): Promise<void> {
    const { caches } = this.#options;
    this.#signal = signal;
    const stop = caches.onRunChange((key) => this.#look(key));
    for (const key of caches.runs.keys) this.#look(key);
    const orphans = this.#endOrphans(signal);
    const ended = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    if (!signal.aborted) await ended.promise;
    stop();
    for (const key of [...this.#reports.keys()]) this.#end(key, 500);
    await Promise.all([...this.#ending, orphans]);
    this.#signal = undefined;
  }

  get #scope(): FlowScope {
    return this.#options.scope ?? { cluster: undefined };
  }

  async #endOrphans(signal: AbortSignal): Promise<void> {
    const { caches, router, namespace, log } = this.#options;
    await endOrphans({
      url: router.url,
      token: router.token,
      fetch: router.fetch ?? fetch,
      clock: router.clock ?? systemClock,
      timeout: LAST_POST_MS,
      log,
      isOrphan: (id) => {
        const key = runOfFlow(this.#scope, id);
        return key !== undefined && caches.runs.get(key) === undefined &&
          (namespace === undefined || key.startsWith(`${namespace}/`));
      },
    }, signal);
  }

  #look(key: string): void {
    if (this.#signal === undefined || this.#signal.aborted) return;
    const seen = this.#options.caches.see(key);
    if (seen === undefined) return this.#gone(key);
    const { uid = "" } = seen.run.metadata;
    if (this.#finished.get(key) === uid) return;
    const flow = runFlow(seen, this.#scope);
    if (flow === undefined) return;
    const isOver = TERMINAL_PHASES.has(seen.run.value?.status?.phase ?? "");
    if (isOver && !this.#reports.has(key) && this.#ending.size >= MAX_ENDING) {
      this.#backlog.add(key);
      return;
    }
    const report = this.#reports.get(key) ?? this.#start(key, flow.flow.id);
    report.set(isOver ? ended(flow, flow.flow.status, this.#now()) : flow);
    if (!isOver) return;
    this.#finished.set(key, uid);
    this.#end(key, LAST_POST_MS);
  }

  /** A run that is gone has come to an end, whether anybody has said so or not. */
  #gone(key: string): void {
    this.#finished.delete(key);
    const report = this.#reports.get(key);
    if (report?.last === undefined) return;
    report.set(ended(report.last, "cancelled", this.#now()));
    this.#end(key, LAST_POST_MS);
  }

  #start(key: string, flowId: string): Report {
    const { router } = this.#options;
    const report = new Report({
      ...router,
      flowId,
      // The flow is this run's, and nobody else has a part in it.
      owns: { node: () => true, relationship: () => true },
      verifyInterval: VERIFY_MS,
      maxVerifyInterval: VERIFY_MS,
      onEvent: (event) => {
        if (event.type === "failed" && this.#trouble !== event.error.message) {
          this.#trouble = event.error.message;
          this.#options.log("WARN", "router request failed, will retry", {
            code: event.error.code,
            err: event.error.message,
          });
        } else if (event.type === "recovered" && this.#trouble !== undefined) {
          this.#trouble = undefined;
          this.#options.log("INFO", "router answers again");
        }
      },
    });
    this.#reports.set(key, report);
    return report;
  }

  #end(key: string, grace: number): void {
    const report = this.#reports.get(key);
    if (report === undefined) return;
    this.#reports.delete(key);
    const ending = report.end(grace).finally(() => {
      this.#ending.delete(ending);
      const [next] = this.#backlog;
      if (next === undefined) return;
      this.#backlog.delete(next);
      this.#look(next);
    });
    this.#ending.add(ending);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

/** One run's flow on the router. */
class Report {
  readonly #outbox: Outbox;
  readonly #stop = new AbortController();
  readonly #posted = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  readonly #clock: OutboxOptions["clock"];
  last: RunFlow | undefined;

  constructor(options: Omit<OutboxOptions, "flowRule">) {
    this.#clock = options.clock;
    this.#outbox = new Outbox({
      ...options,
      flowRule: {
        watches: () => false,
        derive: (_nodes, current) => settled(this.last?.flow, current) ?? emptyFlow(options.flowId),
      },
      onEvent: (event) => {
        options.onEvent?.(event);
        if (this.#outbox.status.inSync) this.#posted.resolve();
      },
    });
    this.#running = this.#outbox.run(this.#stop.signal);
  }

  set(flow: RunFlow): void {
    this.last = flow;
    this.#outbox.set(flow);
  }

  /** Posts what is still to be posted within the grace, and ends. */
  async end(graceMs: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = after(this.#clock, graceMs, late.resolve);
    // The outbox posts its last round when it is stopped, if it has ever reached the router.
    if (!this.#outbox.status.inSync) await Promise.race([this.#posted.promise, late.promise]);
    cancel();
    this.#stop.abort();
    await this.#running;
  }
}

/** When a run ended was told once, when it was seen: a later look at it must not move that. */
function settled(
  wanted: FlowInstance | undefined,
  current: FlowInstance | undefined,
): FlowInstance | undefined {
  const isKnown = current?.endedAt !== undefined && wanted?.endedAt !== undefined &&
    current.status === wanted.status;
  return isKnown ? { ...wanted, endedAt: current.endedAt } : wanted ?? current;
}

function emptyFlow(id: string): FlowInstance {
  return { id, status: "pending", startedAt: 0 };
}

function after(clock: OutboxOptions["clock"], ms: number, callback: () => void): () => void {
  if (clock !== undefined) return clock.after(ms, callback);
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
