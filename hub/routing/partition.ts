import { MESSAGE_LIMITS } from "../../contracts/transport/message_limits.ts";
import { PARTITION_KEYS } from "../../contracts/transport/names.ts";
import type { Packet } from "../../contracts/transport/packet.ts";
import type { PartitioningSettings } from "../../contracts/transport/streaming_settings.ts";

/**
 * The partition that a packet belongs to; "" when it belongs to none. Packets of one partition keep
 * their order, and an ack of one says nothing about another.
 */
export function partitionOf(packet: Packet, settings: PartitioningSettings | undefined): string {
  const mode = settings?.mode ?? "none";
  const existing = sanitize(packet.envelope?.partition ?? "");
  if (mode === "none") return "";
  if (existing !== "" && (mode === "preserve" || settings?.sticky === true)) return existing;
  if (mode === "preserve") return sanitize(hintOf(packet));
  const value = settings?.key === undefined ? hintOf(packet) : valueAt(packet, settings.key);
  if (value === "") return "";
  const hash = fnv32a(value);
  const partitions = settings?.partitions ?? 0;
  return partitions > 0 ? `p${hash % partitions}` : `h${hash.toString(16)}`;
}

/** What a producer says in the metadata. */
function hintOf({ metadata }: Packet): string {
  const key = PARTITION_KEYS.find((key) => Object.hasOwn(metadata, key) && metadata[key] !== "");
  return key === undefined ? "" : metadata[key] ?? "";
}

/**
 * The value at a path of a packet as text: `metadata.<key>`, `payload.<path>` or `inputs.<path>`; ""
 * when there is none. Metadata keys may have dots in them.
 */
export function valueAt(packet: Packet, path: string): string {
  const [root, ...keys] = path.split(".");
  if (root === "metadata") {
    const key = keys.join(".");
    return Object.hasOwn(packet.metadata, key) ? packet.metadata[key] ?? "" : "";
  }
  if (root !== "payload" && root !== "inputs") return "";
  let value: unknown = packet[root];
  for (const key of keys) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return "";
    value = (value as Record<string, unknown>)[key];
  }
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Keeps what the contract allows: 128 characters, none of them a control character. */
function sanitize(partition: string): string {
  return [...partition.trim().replace(/\p{Cc}/gu, "")].slice(0, MESSAGE_LIMITS.partition).join("");
}

/** FNV-1a, 32 bits, over UTF-8. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
