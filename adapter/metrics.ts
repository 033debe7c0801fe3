import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { OutboxError } from "../client/outbox_error.ts";
import type { OutboxEvent } from "../client/outbox_options.ts";
import type { KubeErrorCode } from "../kube/errors.ts";
import { type FluxKind, isFluxKind } from "./flux/kinds.ts";
import type { RegionMap } from "./flux/map_region.ts";
import { type AdapterStatus, roleOf } from "./readiness.ts";

/** Seconds, from a tenth of a millisecond to one second. */
const BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/**
 * What the adapter counts, for `/metrics` (Prometheus text format). No label holds a name of a node
 * or a namespace: their number has no bound that a time series store would like.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #watchFailures = this.#counter(
    "watch_failures_total",
    "Times that a list or a watch came to nothing, by kind and what was in the way",
    ["kind", "code"],
  );
  readonly #transitions = this.#counter(
    "transitions_total",
    "Changes of what is said about an object, by its status afterwards",
    ["status"],
  );
  readonly #maps = new Histogram({
    name: `${PREFIX}map_seconds`,
    help: "Time to map the whole cluster",
    buckets: BUCKETS,
    registers: [this.registry],
  });
  readonly #posts = this.#counter("router_posts_total", "Requests in which messages were posted");
  readonly #messages = this.#counter("router_messages_total", "Messages posted", ["type"]);
  readonly #failures = this.#counter(
    "router_failures_total",
    "Requests to the router that came to nothing, by what was in the way",
    ["code"],
  );
  readonly #resyncs = this.#counter(
    "router_resyncs_total",
    "Times that the router had lost what is ours",
    ["reason"],
  );
  readonly #behind = this.#counter(
    "router_behind_total",
    "Times that nothing was posted because the router had a later state",
  );
  #counts: Readonly<Record<string, unknown>> = {};

  /** A watch has failed. */
  watchFailed(kind: FluxKind, code: KubeErrorCode): void {
    this.#watchFailures.inc({ kind, code });
  }

  /** The cluster was mapped, in `ms` milliseconds. */
  mapped({ nodes }: RegionMap, ms: number): void {
    this.#maps.observe(ms / 1_000);
    const counts = nodes[0]?.meta?.["counts"];
    if (typeof counts === "object" && counts !== null) this.#counts = { ...counts };
  }

  /** Something else is said about an object. */
  transition(status: string): void {
    this.#transitions.inc({ status });
  }

  /** Something happened between us and the router. */
  outbox(event: OutboxEvent): void {
    switch (event.type) {
      case "posted":
        this.#posts.inc();
        for (const { type } of event.messages) this.#messages.inc({ type });
        return;
      case "failed":
        return this.#failures.inc({ code: codeOf(event.error) });
      case "resync":
        return this.#resyncs.inc({ reason: event.reason });
      case "behind":
        return this.#behind.inc();
      case "recovered":
        return;
    }
  }

  /** Adds how things stand at the moment that somebody asks. */
  observe(status: () => AdapterStatus): void {
    const router = () => status().router;
    this.#gauge("posting", "1 for the adapter of a cluster that posts", () => {
      const role = roleOf(status().lease);
      return role === "leader" || role === "single" ? 1 : 0;
    });
    this.#gauge(
      "lease_transitions",
      "How often the lease has changed hands",
      () => status().lease?.election?.transitions ?? 0,
    );
    this.#gauge(
      "lease_failing",
      "1 while the lease cannot be read or written",
      () => status().lease?.election?.error === undefined ? 0 : 1,
    );
    this.#gauge(
      "router_up",
      "1 while the router answers as one does",
      () => router()?.lastAnswerAt !== undefined && router()?.error === undefined ? 1 : 0,
    );
    this.#gauge(
      "router_denied",
      "1 while the router denies access (401, 403)",
      () => router()?.error?.isDenied ? 1 : 0,
    );
    this.#gauge(
      "router_in_sync",
      "1 while the router has everything that it shall have",
      () => router()?.inSync ? 1 : 0,
    );
    this.#gauge(
      "router_last_answer_timestamp_seconds",
      "When the router last answered as one does; 0 before",
      () => (router()?.lastAnswerAt ?? 0) / 1_000,
    );
    this.#gauges(
      "kind_synced",
      "1 for a kind of which all objects are known",
      ["kind"],
      () => kindsOf(status()).map(([kind, { state }]) => [{ kind }, state === "synced" ? 1 : 0]),
    );
    this.#gauges(
      "objects",
      "Objects that are held, by kind",
      ["kind"],
      () => kindsOf(status()).map(([kind, { objects }]) => [{ kind }, objects]),
    );
    this.#gauges(
      "nodes",
      "Nodes that are shown, by status",
      ["status"],
      () =>
        Object.entries(this.#counts)
          .filter(([status]) => status !== "total")
          .map(([status, count]) => [{ status }, Number(count)]),
    );
    this.#gauge("resident_bytes", "Memory of the process", () => Deno.memoryUsage().rss);
    this.#gauge("heap_bytes", "Heap in use", () => Deno.memoryUsage().heapUsed);
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] });
  }

  #gauge(name: string, help: string, value: () => number): void {
    this.#gauges(name, help, [], () => [[{}, value()]]);
  }

  #gauges(
    name: string,
    help: string,
    labelNames: string[],
    values: () => readonly (readonly [Record<string, string>, number])[],
  ): void {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [labels, value] of values()) this.set(labels, value);
      },
    });
  }
}

const PREFIX = "headrace_adapter_";

function kindsOf({ kinds }: AdapterStatus) {
  return Object.entries(kinds).filter(([kind]) => isFluxKind(kind));
}

/** One word for each way in which a request fails, and not one for each status that there is. */
function codeOf({ code, status }: OutboxError): string {
  if (status === undefined) return code;
  return NAMED.has(status) ? `status_${status}` : `status_${Math.floor(status / 100)}xx`;
}

const NAMED: ReadonlySet<number> = new Set([401, 403, 413, 429]);
