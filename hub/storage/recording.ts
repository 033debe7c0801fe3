import { Buffer } from "node:buffer";
import type { RecordingPolicy } from "../../contracts/transport/policies.ts";
import type { DataPacket } from "../proto/messages.ts";
import { structToJson } from "../proto/struct.ts";

type Json = { [key: string]: unknown };

/** Whose packet it was. */
export interface Recorded {
  readonly namespace: string;
  readonly storyRun: string;
  readonly step: string;
}

/**
 * A packet as it is written down, in the original's form: without its content, or with all of it.
 * What is to be left out is left out, wherever in it that is.
 *
 * @param at when it came
 */
export function recordingOf(
  packet: DataPacket,
  { namespace, storyRun, step }: Recorded,
  policy: RecordingPolicy,
  at: Date,
): Json {
  const whole = policy.mode === "payload";
  const content: Json = {};
  if (packet.metadata !== undefined) content["metadata"] = { ...packet.metadata };
  const { envelope, payload, inputs, audio, video, binary } = packet;
  if (envelope !== undefined) {
    content["envelope"] = {
      stream_id: envelope.streamId ?? "",
      sequence: Number(envelope.sequence ?? 0),
      partition: envelope.partition ?? "",
      chunk_id: envelope.chunkId ?? "",
      chunk_index: envelope.chunkIndex ?? 0,
      chunk_count: envelope.chunkCount ?? 0,
      chunk_bytes: envelope.chunkBytes ?? 0,
      total_bytes: envelope.totalBytes ?? 0,
    };
  }
  if (whole && payload !== undefined) content["payload"] = structToJson(payload);
  if (whole && inputs !== undefined) content["inputs"] = structToJson(inputs);
  const bytes = (name: string, data: Uint8Array = new Uint8Array()) =>
    whole ? { [name]: Buffer.from(data).toString("base64") } : { bytes: data.length };
  if (audio !== undefined) {
    content["audio"] = {
      codec: audio.codec ?? "",
      timestamp_ms: Number(audio.timestampMs ?? 0),
      sample_rate_hz: audio.sampleRateHz ?? 0,
      channels: audio.channels ?? 0,
      ...bytes("pcm", audio.pcm),
    };
  }
  if (video !== undefined) {
    content["video"] = {
      codec: video.codec ?? "",
      timestamp_ms: Number(video.timestampMs ?? 0),
      width: video.width ?? 0,
      height: video.height ?? 0,
      raw: video.raw ?? false,
      ...bytes("payload", video.payload),
    };
  }
  if (binary !== undefined) {
    content["binary"] = {
      mime_type: binary.mimeType ?? "",
      timestamp_ms: Number(binary.timestampMs ?? 0),
      ...bytes("payload", binary.payload),
    };
  }
  for (const field of policy.redactFields) {
    const path = field.trim().replace(/^packet\./, "");
    if (path !== "") redact(content, path);
  }
  return {
    recorded_at: at.toISOString(),
    story_run: storyRun,
    story_run_namespace: namespace,
    step,
    mode: policy.mode,
    retention_seconds: policy.retention / 1_000,
    packet: content,
  };
}

/** Takes out what is at a path, in every element of a list on the way. Keys may have dots. */
function redact(value: unknown, path: string): void {
  if (Array.isArray(value)) {
    for (const item of value) redact(item, path);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const object = value as Json;
  delete object[path];
  for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) {
    const key = path.slice(0, dot);
    if (Object.hasOwn(object, key)) redact(object[key], path.slice(dot + 1));
  }
}
