import {
  DEFAULT_HUB_LIMITS,
  type Policies,
  resolvePolicies,
} from "../../contracts/transport/policies.ts";
import type {
  PartitioningSettings,
  StreamingSettings,
} from "../../contracts/transport/streaming_settings.ts";
import type { RoutingMode } from "../../contracts/transport/topology.ts";
import type { DeliveryPolicies } from "../delivery/outbound.ts";
import type { InboxLimits } from "./inbox.ts";

/** How a connector treats what its engram sends, and what comes for it. */
export interface LegPolicies {
  readonly upstream: DeliveryPolicies;
  /** Undefined on the way to a hub: it is the hub that puts packets into partitions. */
  readonly partitioning: PartitioningSettings | undefined;
  readonly ackEvery: Policies["flow"]["ackEvery"];
  readonly inbox: InboxLimits;
  /** Whether a packet is kept until the engram says that it is done with it. */
  readonly keepsUntilDone: boolean;
  /** Whether a numbered packet is reported to the hub only when the engram is done with it. */
  readonly waitsForReceipt: boolean;
}

/**
 * What the settings of a step mean to its connector.
 *
 * On the way to a hub its connector only bridges: while the hub is there, packets that find no room
 * make the engram wait, as the hub has said that it will take them. Without a hub, at-least-once and
 * `block` hold it too, else the drop policy decides. On the way to a peer there is no hub to buffer,
 * number and credit packets, so that the connector does it, by the same settings.
 *
 * @param settings undefined when the binding brings none: then the hub's are not known, and what it
 * numbers waits for the engram's receipt
 * @param limits what may wait for the engram, and for the other end unless settings say
 */
export function legPolicies(
  settings: StreamingSettings | undefined,
  limits: InboxLimits,
  routing: RoutingMode = "hub",
): LegPolicies {
  const policies = resolvePolicies(settings ?? {}, {
    ...DEFAULT_HUB_LIMITS,
    bufferMaxMessages: limits.maxMessages,
    bufferMaxBytes: limits.maxBytes,
  });
  const atLeastOnce = policies.delivery.semantics === "at_least_once";
  const known = settings !== undefined;
  return {
    upstream: routing === "p2p" ? policies : towardsHub(policies, limits),
    partitioning: routing === "p2p" ? settings?.partitioning ?? { mode: "none" } : undefined,
    ackEvery: policies.flow.ackEvery,
    inbox: limits,
    keepsUntilDone: atLeastOnce || !known,
    waitsForReceipt: atLeastOnce || !known || policies.flow.mode !== "none",
  };
}

function towardsHub({ buffer, delivery }: Policies, limits: InboxLimits): DeliveryPolicies {
  const atLeastOnce = delivery.semantics === "at_least_once";
  return {
    buffer: {
      ...limits,
      // Without a key it goes by the partition, and that is the hub's to give.
      dropPolicy: buffer.dropPolicy === "latest_per_key" && buffer.key === undefined
        ? "drop_newest"
        : buffer.dropPolicy,
      ...(buffer.key === undefined ? {} : { key: buffer.key }),
      lanes: new Map(),
    },
    // A window without an end: what is not read by the hub does not leave, and that is enough.
    flow: {
      mode: "window",
      initialMessages: Infinity,
      initialBytes: Infinity,
      ackEvery: { messages: 1, bytes: 0, maxDelay: 0 },
      pausePct: 90,
      resumePct: 45,
    },
    delivery: {
      ordering: atLeastOnce ? "per_stream" : "none",
      semantics: atLeastOnce ? "at_least_once" : "best_effort",
      replay: "none",
      retention: 0,
      checkpointInterval: 0,
    },
    lifecycle: { strategy: "rolling", drain: false, drainTimeout: 0, maxInFlight: 0 },
  };
}
