import type { Policies } from "../../contracts/transport/policies.ts";
import type { DeliveryPolicies } from "../delivery/outbound.ts";
import type { InboxLimits } from "./inbox.ts";

/** How a connector treats what its engram sends, and what comes for it. */
export interface LegPolicies {
  readonly upstream: DeliveryPolicies;
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
 * While the hub is there, packets that find no room make the engram wait: the hub has said that it
 * will take them. Without a hub, at-least-once and `block` hold it too, else the drop policy decides.
 *
 * @param policies undefined when the binding brings no settings: then the hub's are not known, and
 * what it numbers waits for the engram's receipt
 */
export function legPolicies(policies: Policies | undefined, inbox: InboxLimits): LegPolicies {
  const atLeastOnce = policies?.delivery.semantics === "at_least_once";
  return {
    upstream: {
      buffer: {
        ...inbox,
        dropPolicy: policies?.buffer.dropPolicy === "block"
          ? "block"
          : policies?.buffer.dropPolicy === "drop_oldest"
          ? "drop_oldest"
          : "drop_newest",
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
    },
    ackEvery: policies?.flow.ackEvery ?? { messages: 1, bytes: 0, maxDelay: 0 },
    inbox,
    keepsUntilDone: atLeastOnce || policies === undefined,
    waitsForReceipt: atLeastOnce || policies?.flow.mode !== "none",
  };
}
