import { createHash } from "node:crypto";
import { MAX_ID_LENGTH } from "../proto/messages.ts";

/**
 * Names one incarnation of a stream: engrams refuse packets of a stream id whose sequence they have
 * seen, so a hub that restarts and counts from 1 again must not use the same name.
 *
 * @param epoch differs with each start of the process
 */
export function streamId(owner: readonly string[], epoch: string): string {
  const name = `${owner.join("/")}@${epoch}`;
  if (name.length <= MAX_ID_LENGTH) return name;
  const digest = createHash("sha256").update(owner.join("\0")).digest("hex").slice(0, 16);
  const room = MAX_ID_LENGTH - digest.length - epoch.length - 2;
  return `${owner.join("/").slice(0, room)}~${digest}@${epoch}`;
}
