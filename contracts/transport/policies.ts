import { parseDuration } from "../duration.ts";
import type {
  BufferSettings,
  DropPolicy,
  FlowControlSettings,
  Lane,
  LaneKind,
  StreamingSettings,
} from "./streaming_settings.ts";

/** What a hub brings along; lengths of time are milliseconds. */
export interface HubLimits {
  readonly bufferMaxMessages: number;
  readonly bufferMaxBytes: number;
  readonly maxDownstreams: number;
  readonly joinTtl: number;
  readonly joinMaxEntries: number;
}

/** The in-process defaults of the original hub. */
export const DEFAULT_HUB_LIMITS: HubLimits = {
  bufferMaxMessages: 100,
  bufferMaxBytes: 10 * 1024 * 1024,
  maxDownstreams: 64,
  joinTtl: 120_000,
  joinMaxEntries: 1_000,
};

export interface BufferPolicy {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Milliseconds; absent: packets never grow too old. */
  readonly maxAge?: number;
  readonly dropPolicy: DropPolicy;
  /** Path that `latest_per_key` goes by; absent: the packet's partition. */
  readonly key?: string;
  /** Capacity by kind of frame; a kind without a lane has the buffer's own. */
  readonly lanes: ReadonlyMap<LaneKind, LanePolicy>;
}

export interface LanePolicy {
  readonly name: string;
  /** As engrams see it: what they may do with its packets; absent: both. */
  readonly direction?: Lane["direction"] & string;
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export interface FlowPolicy {
  readonly mode: "none" | "credits" | "window";
  readonly initialMessages: number;
  readonly initialBytes: number;
  readonly ackEvery: {
    readonly messages: number;
    readonly bytes: number;
    readonly maxDelay: number;
  };
  /** Percent of the buffer at which its producers are paused, and below which they go on. */
  readonly pausePct: number;
  readonly resumePct: number;
}

export interface DeliveryPolicy {
  readonly ordering: "none" | "per_stream" | "per_partition";
  readonly semantics: "best_effort" | "at_least_once";
  readonly replay: "none" | "memory" | "durable";
  /** Milliseconds; 0: for as long as the stream lives. */
  readonly retention: number;
  readonly checkpointInterval: number;
}

export interface LifecyclePolicy {
  readonly strategy: "rolling" | "drain_cutover" | "blue_green";
  readonly drain: boolean;
  /** Milliseconds; 0: no limit. */
  readonly drainTimeout: number;
  /** Packets without an ack; 0: no limit. */
  readonly maxInFlight: number;
}

export interface FanInPolicy {
  readonly mode: "all" | "any" | "quorum";
  readonly quorum: number;
  /** Milliseconds that a join waits for its upstreams. */
  readonly timeout: number;
  readonly maxEntries: number;
}

export interface RecordingPolicy {
  /** What of a packet is written down: everything but its content, or all of it. */
  readonly mode: "metadata" | "payload";
  /** Percent of the packets. */
  readonly sampleRate: number;
  /** Milliseconds that a recording is kept. */
  readonly retention: number;
  /** Paths into the packet that are left out, such as `payload.api_key`. */
  readonly redactFields: readonly string[];
}

export interface WatermarkPolicy {
  /** Where a packet says when its event was; absent: its envelope, else its frame. */
  readonly source?: string;
}

/** What settings mean, once every guard rail has spoken. */
export interface Policies {
  readonly buffer: BufferPolicy;
  readonly flow: FlowPolicy;
  readonly delivery: DeliveryPolicy;
  readonly lifecycle: LifecyclePolicy;
  readonly fanIn: FanInPolicy;
  readonly maxDownstreams: number;
  readonly fanOut: "sequential" | "parallel";
  /** Absent: nothing is recorded. */
  readonly recording?: RecordingPolicy;
  /** Absent: event times are not looked at. */
  readonly watermark?: WatermarkPolicy;
}

/** Gives settings their meaning: defaults for what is unset or 0, and no contradiction left. */
export function resolvePolicies(
  settings: StreamingSettings,
  limits: HubLimits = DEFAULT_HUB_LIMITS,
): Policies {
  const buffer = resolveBuffer(settings.backpressure?.buffer, settings.lanes, limits);
  const recording = resolveRecording(settings.recording);
  const watermark = resolveWatermark(settings.observability);
  return {
    buffer,
    flow: resolveFlow(settings.flowControl, buffer),
    delivery: resolveDelivery(settings.delivery),
    lifecycle: resolveLifecycle(settings.lifecycle),
    fanIn: resolveFanIn(settings.fanIn, limits),
    maxDownstreams: Math.min(
      settings.routing?.maxDownstreams ?? limits.maxDownstreams,
      limits.maxDownstreams,
    ),
    fanOut: settings.routing?.fanOut ?? "sequential",
    ...(recording === undefined ? {} : { recording }),
    ...(watermark === undefined ? {} : { watermark }),
  };
}

function resolveBuffer(
  buffer: BufferSettings | undefined,
  lanes: readonly Lane[] | undefined,
  limits: HubLimits,
): BufferPolicy {
  const maxMessages = orDefault(buffer?.maxMessages, limits.bufferMaxMessages);
  const maxBytes = orDefault(buffer?.maxBytes, limits.bufferMaxBytes);
  const byKind = new Map<LaneKind, LanePolicy>();
  for (const lane of lanes ?? []) {
    // The first lane of a kind is the one that its frames travel in.
    if (byKind.has(lane.kind)) continue;
    byKind.set(lane.kind, {
      name: lane.name,
      ...(lane.direction === undefined ? {} : { direction: lane.direction }),
      maxMessages: orDefault(lane.maxMessages, maxMessages),
      maxBytes: orDefault(lane.maxBytes, maxBytes),
    });
  }
  return {
    maxMessages,
    maxBytes,
    ...(buffer?.maxAgeSeconds ? { maxAge: buffer.maxAgeSeconds * 1_000 } : {}),
    dropPolicy: buffer?.dropPolicy ?? "drop_newest",
    ...(buffer?.key ? { key: buffer.key } : {}),
    lanes: byKind,
  };
}

function resolveFlow(flow: FlowControlSettings | undefined, buffer: BufferPolicy): FlowPolicy {
  const pausePct = orDefault(flow?.pauseThreshold?.bufferPct, 90);
  const resume = flow?.resumeThreshold?.bufferPct;
  return {
    mode: flow?.mode ?? "none",
    initialMessages: orDefault(flow?.initialCredits?.messages, buffer.maxMessages),
    initialBytes: orDefault(flow?.initialCredits?.bytes, buffer.maxBytes),
    ackEvery: {
      messages: orDefault(flow?.ackEvery?.messages, 1),
      bytes: flow?.ackEvery?.bytes ?? 0,
      maxDelay: milliseconds(flow?.ackEvery?.maxDelay, 0),
    },
    pausePct,
    // A buffer that resumes where it pauses would flap, so half of the pause stands in.
    resumePct: resume !== undefined && resume > 0 && resume < pausePct
      ? resume
      : Math.floor(pausePct / 2),
  };
}

function resolveDelivery(delivery: StreamingSettings["delivery"]): DeliveryPolicy {
  const replay = delivery?.replay?.mode ?? "none";
  // What is replayed is delivered at least once, and that needs numbers to acknowledge.
  const semantics = replay === "none" ? delivery?.semantics ?? "best_effort" : "at_least_once";
  const ordering = delivery?.ordering ?? "none";
  return {
    replay,
    semantics,
    ordering: semantics === "at_least_once" && ordering === "none" ? "per_stream" : ordering,
    retention: (delivery?.replay?.retentionSeconds ?? 0) * 1_000,
    checkpointInterval: milliseconds(delivery?.replay?.checkpointInterval, 1_000),
  };
}

function resolveLifecycle(lifecycle: StreamingSettings["lifecycle"]): LifecyclePolicy {
  const strategy = lifecycle?.strategy ?? "rolling";
  const drainTimeout = (lifecycle?.drainTimeoutSeconds ?? 0) * 1_000;
  return {
    strategy,
    drain: strategy !== "rolling" || drainTimeout > 0,
    drainTimeout,
    maxInFlight: lifecycle?.maxInFlight ?? 0,
  };
}

function resolveFanIn(fanIn: StreamingSettings["fanIn"], limits: HubLimits): FanInPolicy {
  return {
    mode: fanIn?.mode ?? "all",
    quorum: fanIn?.quorum ?? 1,
    timeout: fanIn?.timeoutSeconds ? fanIn.timeoutSeconds * 1_000 : limits.joinTtl,
    maxEntries: Math.min(
      orDefault(fanIn?.maxEntries, limits.joinMaxEntries),
      limits.joinMaxEntries,
    ),
  };
}

/** Recordings are for looking at, not for keeping: a day, unless the settings say. */
const RECORDING_RETENTION_SECONDS = 24 * 60 * 60;

function resolveRecording(
  recording: StreamingSettings["recording"],
): RecordingPolicy | undefined {
  const mode = recording?.mode ?? "off";
  // A rate of 0 is one that somebody wrote down: nothing.
  if (mode === "off" || recording?.sampleRate === 0) return undefined;
  return {
    mode,
    sampleRate: recording?.sampleRate ?? 100,
    retention: orDefault(recording?.retentionSeconds, RECORDING_RETENTION_SECONDS) * 1_000,
    redactFields: recording?.redactFields ?? [],
  };
}

function resolveWatermark(
  observability: StreamingSettings["observability"],
): WatermarkPolicy | undefined {
  const { metrics, watermark } = observability ?? {};
  if (metrics?.enabled === false || watermark?.enabled !== true) return undefined;
  const source = watermark.timestampSource?.trim();
  return source ? { source } : {};
}

/** Go's zero value means "unset" in all of these settings. */
function orDefault(value: number | undefined, fallback: number): number {
  return value === undefined || value === 0 ? fallback : value;
}

function milliseconds(text: string | undefined, fallback: number): number {
  return (text === undefined ? undefined : parseDuration(text)) ?? fallback;
}
