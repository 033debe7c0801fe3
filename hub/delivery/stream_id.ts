import { createHash } from "node:crypto";
import { MAX_ID_LENGTH } from "../proto/messages.ts";

/**
 * Names one incarnation of a stream: engrams refuse packets of a stream id whose sequence they have
 * seen, so a hub that restarts and counts from 1 again must not use the same name.
 *
 * @param epoch see `newEpoch`
 */
export function streamId(owner: readonly string[], epoch: string): string {
  const name = `${owner.join("/")}@${epoch}`;
  if (name.length <= MAX_ID_LENGTH) return name;
  const digest = createHash("sha256").update(owner.join("\0")).digest("hex").slice(0, 16);
  const room = MAX_ID_LENGTH - digest.length - epoch.length - 2;
  return `${owner.join("/").slice(0, room)}~${digest}@${epoch}`;
}

/**
 * What no other start of a process has, on this machine or another: hubs that share runs may start
 * within the same millisecond, and a run that moves between two of one epoch would be taken for
 * seen.
 *
 * @param unixNow milliseconds since the Unix epoch
 * @param random bytes, 5 are used
 */
export function newEpoch(unixNow: number, random: Uint8Array): string {
  const bits = [...random.subarray(0, 5)].reduce((sum, byte) => sum * 256 + byte, 0);
  return unixNow.toString(36) + bits.toString(36).padStart(8, "0");
}
