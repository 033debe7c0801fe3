import type { BufferPolicy } from "../../contracts/transport/policies.ts";
import type { PartitioningSettings } from "../../contracts/transport/streaming_settings.ts";
import { PARTITION_KEYS } from "../../contracts/transport/names.ts";
import { MAX_ID_LENGTH } from "../proto/messages.ts";
import { ascii, type Packet } from "../proto/packet.ts";
import { structToJson } from "../proto/struct.ts";
import { fnv32a } from "../routing/partition.ts";

const HINTS = PARTITION_KEYS.map(ascii);

/**
 * The value at `metadata.<key>`, `payload.<path>` or `inputs.<path>` of a packet, as text. Only a
 * path into a Struct has the packet decoded.
 */
export function valueAt(packet: Packet, path: string): string | undefined {
  const dot = path.indexOf(".");
  const root = path.slice(0, dot);
  const rest = path.slice(dot + 1);
  // A metadata key may itself have dots.
  if (root === "metadata") return packet.metadata(ascii(rest));
  if (root !== "payload" && root !== "inputs") return undefined;
  const struct = packet.decoded()[root];
  if (struct === undefined) return undefined;
  let value: unknown = structToJson(struct);
  for (const name of rest.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What `latest_per_key` goes by: the value at the buffer's key, without one the partition. */
export function latestKey(
  packet: Packet,
  { dropPolicy, key }: BufferPolicy,
  partition: string,
): string | undefined {
  if (dropPolicy !== "latest_per_key") return undefined;
  return key === undefined ? partition : valueAt(packet, key);
}

/** The partition that a packet belongs to; empty when its stream has none. */
export function partitionOf(packet: Packet, settings: PartitioningSettings | undefined): string {
  const mode = settings?.mode ?? "none";
  if (settings === undefined || mode === "none") return "";
  const existing = packet.envelope?.partition ?? "";
  if (mode === "preserve" || settings.sticky && existing !== "") {
    if (existing !== "") return sanitised(existing);
    for (const hint of HINTS) {
      const value = packet.metadata(hint);
      if (value !== undefined && value !== "") return sanitised(value);
    }
    return "";
  }
  const value = settings.key === undefined ? undefined : valueAt(packet, settings.key);
  if (value === undefined) return "";
  const hash = fnv32a(value);
  return settings.partitions ? `p${hash % settings.partitions}` : `h${hash.toString(16)}`;
}

function sanitised(partition: string): string {
  return partition.trim().slice(0, MAX_ID_LENGTH);
}
