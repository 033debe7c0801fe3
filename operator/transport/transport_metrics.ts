import { Counter, Histogram, type Registry } from "prom-client";
import type { TransportMonitor } from "./reconciler.ts";

/** How long bindings are waited for, under the original's names. */
export class TransportMetrics implements TransportMonitor {
  readonly #pending;
  readonly #wait;
  readonly #readiness;
  readonly #cleaned;

  constructor(registry: Registry) {
    this.#pending = new Counter({
      name: "bobravoz_transport_binding_pending_total",
      help: "Reconciles that found bindings missing",
      labelNames: ["transport"],
      registers: [registry],
    });
    this.#wait = new Histogram({
      name: "bobravoz_transport_binding_wait_seconds",
      help: "Time since the bindings of a run were first missed",
      labelNames: ["transport", "phase"],
      buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300],
      registers: [registry],
    });
    this.#readiness = new Counter({
      name: "bobravoz_engram_transport_readiness_changes_total",
      help: "Engrams whose annotation for readiness was changed",
      labelNames: ["ready"],
      registers: [registry],
    });
    for (const ready of ["true", "false"]) this.#readiness.inc({ ready }, 0);
    this.#cleaned = new Counter({
      name: "bobravoz_transport_cleanup_engram_total",
      help: "Engrams whose annotations were reset when their run went",
      labelNames: ["namespace"],
      registers: [registry],
    });
  }

  bindingsWaited(phase: "pending" | "ready", seconds: number): void {
    if (phase === "pending") this.#pending.inc({ transport: "grpc" });
    this.#wait.observe({ transport: "grpc", phase }, seconds);
  }

  engramTold(namespace: string, ready: boolean): void {
    this.#readiness.inc({ ready: String(ready) });
    if (!ready) this.#cleaned.inc({ namespace });
  }
}
