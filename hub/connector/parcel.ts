import type { Parcel } from "../delivery/outbound.ts";
import { latestKey, partitionOf } from "../delivery/packet_key.ts";
import type { Packet } from "../proto/packet.ts";
import type { WireWriter } from "../proto/wire_writer.ts";
import type { LegPolicies } from "./leg_policies.ts";

const NO_IDENTITY = new Uint8Array();

/**
 * What an engram sent, ready to wait for its way out. The engram's own envelope is left behind, but
 * for what says which piece of a larger packet it is.
 *
 * @param now milliseconds
 * @throws {WireError} when its metadata leaves no room for the address of its consumer
 */
export function parcelOf(
  packet: Packet,
  { upstream: { buffer }, partitioning }: LegPolicies,
  now: number,
  writer: WireWriter,
): Parcel {
  const { bytes, start, end, kind, envelope } = packet;
  const body = envelope === undefined
    ? bytes.subarray(start, end)
    : packet.bodyFor(NO_IDENTITY, writer);
  const { chunkId, chunkIndex, chunkCount, chunkBytes, totalBytes } = envelope ?? {};
  const partition = partitioning === undefined
    ? envelope?.partition ?? ""
    : partitionOf(packet, partitioning);
  const key = latestKey(packet, buffer, partition);
  return {
    body,
    size: body.length,
    kind,
    at: now,
    partition,
    ...(key === undefined ? {} : { key }),
    ...(chunkCount
      ? { chunk: { chunkId, chunkIndex, chunkCount, chunkBytes, totalBytes } as Parcel["chunk"] }
      : {}),
  } as Parcel;
}
