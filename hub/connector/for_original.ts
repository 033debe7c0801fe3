import type { Outbound, Sendable } from "../delivery/outbound.ts";
import type { Outgoing } from "../proto/frame.ts";

/**
 * A packet as the original takes it. It never acknowledges and a peer of it gives no credit: what it
 * took is gone, and our numbers mean nothing to it.
 */
export function forOriginal({ body, envelope }: Sendable, outbound: Outbound): Outgoing {
  outbound.flow({ creditsMessages: 1 });
  if (envelope === undefined) return { body };
  const { sequence, partition = "", ...rest } = envelope;
  if (sequence) {
    outbound.flow(
      partition === "" ? { ack: sequence } : { partitionAcks: [{ partition, ack: sequence }] },
    );
  }
  if (!rest.chunkCount && partition === "") return { body };
  return { body, envelope: partition === "" ? rest : { ...rest, partition } };
}
