import { METADATA } from "../../contracts/transport/names.ts";
import { ascii, type Packet } from "../proto/packet.ts";
import type { HubMonitor } from "./monitor.ts";
import type { StepStream } from "./step_stream.ts";

const ENVELOPE_TIME = ascii(METADATA.timestampMs);
const FRAMES = ["audio", "video", "binary"] as const;

/**
 * When the event of a packet was, in milliseconds since the Unix epoch.
 *
 * @param source `metadata.<key>`, a metadata key alone, or a kind of frame; absent: the envelope's
 * time, else the frame's
 */
export function eventTime(packet: Packet, source: string | undefined): number | undefined {
  if (source === undefined) {
    return parseTime(packet.metadata(ENVELOPE_TIME)) ?? frameTime(packet, packet.kind);
  }
  const root = source.toLowerCase();
  if (FRAMES.some((kind) => kind === root)) return frameTime(packet, root);
  const key = root.startsWith("metadata.") ? source.slice("metadata.".length) : source;
  return parseTime(packet.metadata(ascii(key)));
}

/**
 * Notes when the event of a packet was, where its step's settings ask for it.
 *
 * @param unixNow milliseconds since the Unix epoch
 */
export function observeEventTime(
  { plan, run, id }: StepStream,
  packet: Packet,
  monitor: Pick<HubMonitor, "eventTime">,
  unixNow: number,
): void {
  if (plan.policies.watermark === undefined) return;
  const time = eventTime(packet, plan.policies.watermark.source);
  if (time === undefined) return;
  const lag = Math.max(unixNow - time, 0);
  monitor.eventTime(`${run.namespace}/${run.storyRun}`, id, time / 1_000, lag / 1_000);
}

function frameTime(packet: Packet, kind: string): number | undefined {
  // A packet without a frame need not be decoded to see that it has none.
  if (packet.kind !== kind || kind === "payload") return undefined;
  const decoded = packet.decoded();
  const frame = FRAMES.map((name) => decoded[name]).find((one) => one !== undefined);
  return Number(frame?.timestampMs ?? 0) || undefined;
}

/** A moment as producers write it: milliseconds, seconds where they can only be such, RFC 3339. */
function parseTime(text: string | undefined): number | undefined {
  const trimmed = text?.trim();
  if (!trimmed) return undefined;
  const number = Number(trimmed);
  if (Number.isFinite(number)) {
    return number > 1e9 && number <= 1e12 ? Math.trunc(number) * 1_000 : Math.trunc(number);
  }
  const parsed = Date.parse(trimmed);
  return Number.isNaN(parsed) ? undefined : parsed;
}
