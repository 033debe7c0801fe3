import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Controller, ReconcileMonitor, ReconcileOutcome } from "./controller.ts";
import type { Informer } from "../../kube/informer.ts";

/** Seconds, from a reconcile that finds nothing to do to one that waits for an API server. */
const BUCKETS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

const OUTCOMES: readonly ReconcileOutcome[] = ["success", "requeue", "conflict", "error"];

/**
 * What controllers count, for `/metrics` (Prometheus text format). No label holds the name of an
 * object: their number has no bound that a time series store would like.
 */
export class OperatorMetrics implements ReconcileMonitor {
  readonly registry = new Registry();
  readonly #reconciled = new Counter({
    name: "headrace_reconcile_total",
    help: "Reconciles by how they ended",
    labelNames: ["kind", "result"],
    registers: [this.registry],
  });
  readonly #duration = new Histogram({
    name: "headrace_reconcile_duration_seconds",
    help: "Time that a reconcile took",
    labelNames: ["kind"],
    buckets: BUCKETS,
    registers: [this.registry],
  });

  reconciled(kind: string, result: ReconcileOutcome, seconds: number): void {
    this.#reconciled.inc({ kind, result });
    this.#duration.observe({ kind }, seconds);
  }

  /** Adds whether this process reconciles, at the moment that somebody asks. */
  observeLeader(isLeader: () => boolean): void {
    new Gauge({
      name: "headrace_leader",
      help: "1 on the replica that reconciles, 0 on the others",
      registers: [this.registry],
      collect() {
        this.set(isLeader() ? 1 : 0);
      },
    });
  }

  /** Adds what controllers and caches hold at the moment that somebody asks. */
  observe(
    controllers: readonly Controller[],
    informers: readonly Pick<Informer<never>, "kind" | "status">[],
  ): void {
    for (const { kind } of controllers) {
      for (const result of OUTCOMES) this.#reconciled.inc({ kind, result }, 0);
    }
    this.#gauge(
      "headrace_workqueue_depth",
      "Keys that wait for a worker",
      () => controllers.map(({ kind, depth }) => [kind, depth]),
    );
    this.#gauge(
      "headrace_cached_objects",
      "Objects that are watched",
      () => informers.map(({ kind, status }) => [kind, status.objects]),
    );
  }

  #gauge(name: string, help: string, read: () => readonly (readonly [string, number])[]): void {
    new Gauge({
      name,
      help,
      labelNames: ["kind"],
      registers: [this.registry],
      collect() {
        for (const [kind, value] of read()) this.set({ kind }, value);
      },
    });
  }
}
