import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { DROP_REASONS, type DropReason } from "../buffer/drop.ts";
import type { LostJoins } from "../routing/fan_in.ts";
import { fnv32a } from "../routing/partition.ts";
import type { Checkpoints } from "../storage/checkpoints.ts";
import type { CapabilitiesMode } from "./admission.ts";
import type { Hub } from "./hub.ts";
import type { HubMonitor } from "./monitor.ts";

const PER_STEP = ["storyrun", "step"];

/**
 * What the hub counts, under the original's names. Series by run and step are read from what the hub
 * holds when somebody asks, so that they end with the run and their number stays bounded.
 */
export class HubMetrics implements HubMonitor {
  readonly registry = new Registry();
  readonly #capabilities = this.#counter(
    "bobravoz_hub_startup_capabilities_observations_total",
    "Streams by what their connector said of capabilities",
    ["mode"],
  );
  readonly #refused = this.#counter(
    "bobravoz_hub_streams_refused_total",
    "Streams that were not taken, by gRPC status code",
    ["code"],
  );
  readonly #reasons = this.#counter(
    "bobravoz_hub_drops_total",
    "Packets that were not delivered, by reason, over all runs",
    ["reason"],
  );
  readonly #joins = this.#counter(
    "bobravoz_hub_joins_lost_total",
    "Joins whose step got nothing: expired waiting for an upstream, or evicted for want of room",
    ["reason"],
  );
  readonly #watermark = new Gauge({
    name: "bobravoz_hub_event_time_watermark_seconds",
    help: "When the last event of a step was, in seconds since the Unix epoch",
    labelNames: PER_STEP,
    registers: [this.registry],
  });
  readonly #lag = new Histogram({
    name: "bobravoz_hub_event_time_lag_seconds",
    help: "Seconds from an event to its packet's arrival",
    labelNames: PER_STEP,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [this.registry],
  });
  #heartbeats = 0;
  #heartbeatFailures = 0;
  #received = 0;
  #sent = 0;
  #frames = 0;

  constructor() {
    for (const mode of ["required", "none", "missing", "invalid"]) {
      this.#capabilities.inc({ mode }, 0);
    }
    for (const reason of DROP_REASONS) this.#reasons.inc({ reason }, 0);
    for (const reason of ["expired", "evicted"]) this.#joins.inc({ reason }, 0);
    this.#read("bobravoz_hub_heartbeats_received_total", "Heartbeats", () => this.#heartbeats);
    this.#read(
      "bobravoz_hub_heartbeat_failures_total",
      "Heartbeats that could not be sent",
      () => this.#heartbeatFailures,
    );
    this.#read("bobravoz_hub_messages_received_total", "Messages received", () => this.#received);
    this.#read("bobravoz_hub_messages_sent_total", "Messages sent", () => this.#sent);
    this.#read("bobravoz_hub_frames_sent_total", "gRPC messages sent", () => this.#frames);
  }

  /** Adds what a hub holds at the moment that somebody asks. */
  observe(hub: Hub, heartbeatInterval: number): void {
    this.#gauge("bobravoz_hub_active_streams", "Open streams", [], (gauge) => {
      gauge.set(hub.streams);
    });
    this.#gauge("bobravoz_hub_heartbeat_interval_seconds", "Heartbeat interval", [], (gauge) => {
      gauge.set(heartbeatInterval / 1_000);
    });
    this.#gauge("headrace_resident_bytes", "Memory of the process", [], (gauge) => {
      gauge.set(Deno.memoryUsage().rss);
    });
    this.#perStep(
      hub,
      "bobravoz_hub_buffer_current_size",
      "Messages held for a step",
      (stream) => stream.outbound.queue.usage.messages,
    );
    this.#perStep(
      hub,
      "bobravoz_hub_buffer_current_bytes",
      "Bytes held for a step",
      (stream) => stream.outbound.queue.usage.bytes,
    );
    this.#perStep(
      hub,
      "bobravoz_hub_buffer_max_messages_config",
      "Messages allowed",
      (stream) => stream.outbound.policies.buffer.maxMessages,
    );
    this.#perStep(
      hub,
      "bobravoz_hub_buffer_max_bytes_config",
      "Bytes allowed",
      (stream) => stream.outbound.policies.buffer.maxBytes,
    );
    this.#counter(
      "bobravoz_hub_buffer_flushed_total",
      "Packets that were sent after they had waited",
      PER_STEP,
      (counter) => {
        for (const { storyrun, stream } of steps(hub)) {
          counter.inc({ storyrun, step: stream.id }, stream.outbound.flushed);
        }
      },
    );
    this.#perStep(
      hub,
      "bobravoz_hub_replay_unacked_current",
      "Packets to be acknowledged",
      (stream) => stream.outbound.unacked,
    );
    this.#gauge(
      "bobravoz_hub_replay_last_ack",
      "Highest number that a step has acknowledged",
      [...PER_STEP, "partition_bucket"],
      (gauge) => {
        for (const { storyrun, stream } of steps(hub)) {
          const highest = new Map<string, number>();
          for (const [counter, ack] of stream.outbound.acks) {
            const bucket = partitionBucket(counter);
            highest.set(bucket, Math.max(ack, highest.get(bucket) ?? 0));
          }
          for (const [partition_bucket, ack] of highest) {
            gauge.set({ storyrun, step: stream.id, partition_bucket }, ack);
          }
        }
      },
    );
    this.#counter(
      "bobravoz_hub_stream_recordings_total",
      "Packets that a recording was asked for, by what became of them",
      [...PER_STEP, "mode", "status"],
      (counter) => {
        for (const { storyrun, stream } of steps(hub)) {
          const mode = stream.plan.policies.recording?.mode ?? "off";
          for (const [status, count] of stream.recordings) {
            counter.inc({ storyrun, step: stream.id, mode, status }, count);
          }
        }
      },
    );
    this.#counter(
      "bobravoz_hub_messages_dropped_total",
      "Packets that a step did not get, by reason",
      [...PER_STEP, "reason"],
      (counter) => {
        for (const { storyrun, stream } of steps(hub)) {
          for (const [reason, count] of stream.drops) {
            counter.inc({ storyrun, step: stream.id, reason }, count);
          }
        }
      },
    );
  }

  /** Adds what became of checkpoints. */
  observeCheckpoints({ counts }: Checkpoints): void {
    this.#counter(
      "bobravoz_hub_checkpoints_total",
      "Checkpoints of durable replay, by what became of them; restored are packets",
      ["status"],
      (counter) => {
        for (const [status, count] of Object.entries(counts)) counter.inc({ status }, count);
      },
    );
  }

  opened(mode: CapabilitiesMode): void {
    this.#capabilities.inc({ mode });
  }

  refused(code: number): void {
    this.#refused.inc({ code: String(code) });
  }

  heartbeat(): void {
    this.#heartbeats++;
  }

  heartbeatFailed(): void {
    this.#heartbeatFailures++;
  }

  received(messages: number): void {
    this.#received += messages;
  }

  sent(messages: number, frames: number): void {
    this.#sent += messages;
    this.#frames += frames;
  }

  dropped(reason: DropReason, packets = 1): void {
    this.#reasons.inc({ reason }, packets);
  }

  joinsLost({ expired, evicted }: LostJoins): void {
    if (expired > 0) this.#joins.inc({ reason: "expired" }, expired);
    if (evicted > 0) this.#joins.inc({ reason: "evicted" }, evicted);
  }

  eventTime(storyrun: string, step: string, time: number, lag: number): void {
    this.#watermark.set({ storyrun, step }, time);
    this.#lag.observe({ storyrun, step }, lag);
  }

  ended(storyrun: string, steps: readonly string[]): void {
    for (const step of steps) {
      this.#watermark.remove({ storyrun, step });
      this.#lag.remove({ storyrun, step });
    }
  }

  #perStep(
    hub: Hub,
    name: string,
    help: string,
    value: (stream: ReturnType<typeof steps>[number]["stream"]) => number,
  ): void {
    this.#gauge(name, help, PER_STEP, (gauge) => {
      for (const { storyrun, stream } of steps(hub)) {
        gauge.set({ storyrun, step: stream.id }, value(stream));
      }
    });
  }

  #counter(
    name: string,
    help: string,
    labelNames: string[],
    collect?: (counter: Counter) => void,
  ): Counter {
    return new Counter({
      name,
      help,
      labelNames,
      registers: [this.registry],
      ...(collect === undefined ? {} : {
        collect() {
          this.reset();
          collect(this);
        },
      }),
    });
  }

  #read(name: string, help: string, value: () => number): void {
    this.#counter(name, help, [], (counter) => counter.inc(value()));
  }

  #gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  }
}

function steps(hub: Hub) {
  return [...hub.runs].flatMap(([storyrun, run]) =>
    [...run.streams.values()].map((stream) => ({ storyrun, stream }))
  );
}

/** A few series for however many partitions: their names are the packets' own. */
function partitionBucket(partition: string): string {
  if (partition === "") return "default";
  return `bucket-${String(fnv32a(partition) % 16).padStart(2, "0")}`;
}
