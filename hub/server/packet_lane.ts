import type { BufferPolicy } from "../../contracts/transport/policies.ts";
import { METADATA } from "../../contracts/transport/names.ts";
import type { LaneKind } from "../../contracts/transport/streaming_settings.ts";
import { ascii, type Packet } from "../proto/packet.ts";
import { WireError } from "../proto/wire_error.ts";

const KINDS = [ascii(METADATA.envelopeKind), ascii("kind")];
/** What is about the stream, or the run, and not of it. */
const CONTROL: ReadonlySet<string> = new Set(["hook", "error", "noop", "heartbeat"]);

/**
 * The lane that a packet travels in: its frame's; for one without, `control` where there is such a
 * lane and the packet is a hook, an error or another word about the stream.
 */
export function laneOf(packet: Packet, { lanes }: Pick<BufferPolicy, "lanes">): LaneKind {
  if (packet.kind !== "payload" || !lanes.has("control")) return packet.kind;
  const isControl = KINDS.some((key) => CONTROL.has(packet.metadata(key) ?? ""));
  return isControl ? "control" : packet.kind;
}

/**
 * Holds a packet to the direction of its lane, as its engram sees it.
 *
 * @param does what the engram is about to do with it
 * @throws {WireError} `invalid` when the lane leads the other way only
 */
export function checkDirection(
  packet: Packet,
  policy: Pick<BufferPolicy, "lanes">,
  step: string,
  does: "publish" | "subscribe",
): void {
  // Most stories have no one-way lane; they pay one look into a map.
  const lane = policy.lanes.get(laneOf(packet, policy));
  const { direction = "bidirectional" } = lane ?? {};
  if (lane === undefined || direction === "bidirectional" || direction === does) return;
  const verb = does === "publish" ? "send" : "take";
  throw new WireError(
    "invalid",
    `lane ${lane.name}`,
    `is for ${direction} alone: ${step} may not ${verb} it`,
  );
}
