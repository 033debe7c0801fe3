import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type FluxEventAnswer, fluxEventAnswerSchema } from "../contracts/flux_event.ts";
import { type HelloReason, helloReasonSchema } from "../contracts/hello.ts";
import type { FlowRegistry } from "./log/flow_registry.ts";
import type { Connections } from "./stream/connections.ts";
import type { StreamMonitor } from "./stream/stream_monitor.ts";

/** Seconds, from a tenth of a millisecond to one second. */
const BUCKETS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/**
 * What the router counts, for `/metrics` (Prometheus text format). No label holds a flow id: their
 * number has no bound that a time series store would like.
 */
export class Metrics implements StreamMonitor {
  readonly registry = new Registry();
  readonly #requests = this.#counter("http_requests_total", "Answered requests", [
    "method",
    "route",
    "status",
  ]);
  readonly #started = this.#counter(
    "streams_started_total",
    "Streams by how they start; evicted also counts readers moved forward in mid-stream",
    ["reason"],
  );
  readonly #cutOff = this.#counter("slow_readers_cut_off_total", "Readers cut off", ["why"]);
  readonly #fluxEvents = this.#counter("flux_events_total", "Flux events by what came of them", [
    "result",
  ]);
  readonly #rounds = this.#histogram("stream_round_seconds", "Time to write one round of a flow");
  readonly #waits = this.#histogram("stream_tick_seconds", "Time from a message to its round");
  // Plain numbers, read when asked for: these change with every write.
  #messagesIn = 0;
  #bytesIn = 0;
  #messagesOut = 0;
  #bytesOut = 0;
  #writes = 0;
  #closed = 0;

  constructor() {
    for (const result of fluxEventAnswerSchema.shape.result.options) {
      this.#fluxEvents.inc({ result }, 0);
    }
    for (const reason of helloReasonSchema.options) this.#started.inc({ reason }, 0);
    for (const why of ["stuck", "memory"]) this.#cutOff.inc({ why }, 0);
    this.#read("messages_accepted_total", "Messages taken in", () => this.#messagesIn);
    this.#read("message_bytes_accepted_total", "Bytes of messages taken in", () => this.#bytesIn);
    this.#read("stream_messages_total", "Messages written to readers", () => this.#messagesOut);
    this.#read("stream_bytes_total", "Bytes written to readers", () => this.#bytesOut);
    this.#read("stream_writes_total", "Writes of messages to readers", () => this.#writes);
    this.#read("streams_closed_total", "Streams that are over", () => this.#closed);
  }

  /** Adds what the router holds at the moment that somebody asks. */
  observe(flows: FlowRegistry, connections: Connections): void {
    const evicted = "Messages that left a ring to make room";
    this.#read("ring_evicted_messages_total", evicted, () => flows.evictedMessages);
    this.#gauge("flows", "Flows, those that are waited for included", () => flows.size);
    this.#gauge("ring_bytes", "Bytes that all rings keep", () => flows.ringBytes);
    this.#gauge("streams", "Open streams", () => connections.size);
    this.#gauge("queued_bytes", "Bytes not taken by slow readers", () => connections.queuedBytes);
    this.#gauge("heap_bytes", "Heap in use", () => Deno.memoryUsage().heapUsed);
    this.#gauge("resident_bytes", "Memory of the process", () => Deno.memoryUsage().rss);
  }

  request(method: string, route: string, status: number): void {
    this.#requests.inc({ method, route, status });
  }

  accepted(messages: number, bytes: number): void {
    this.#messagesIn += messages;
    this.#bytesIn += bytes;
  }

  fluxEvent(result: FluxEventAnswer["result"]): void {
    this.#fluxEvents.inc({ result });
  }

  started(reason: HelloReason): void {
    this.#started.inc({ reason });
  }

  closed(): void {
    this.#closed++;
  }

  wrote(bytes: number): void {
    this.#bytesOut += bytes;
  }

  delivered(messages: number): void {
    this.#messagesOut += messages;
  }

  cutOff(why: "stuck" | "memory"): void {
    this.#cutOff.inc({ why });
  }

  round(writes: number, waitMs: number, ms: number): void {
    this.#writes += writes;
    this.#waits.observe(waitMs / 1000);
    this.#rounds.observe(ms / 1000);
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `headrace_${name}`, help, labelNames, registers: [this.registry] });
  }

  #histogram(name: string, help: string): Histogram {
    const registers = [this.registry];
    return new Histogram({ name: `headrace_${name}`, help, buckets: BUCKETS, registers });
  }

  #read(name: string, help: string, value: () => number): void {
    new Counter({
      name: `headrace_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `headrace_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }
}
