import { HEADERS, RECEIPT_ACTION } from "../../contracts/transport/names.ts";
import { receiptSchema } from "../../contracts/transport/packet_envelope.ts";
import { ControlAction, type ControlRequest, type ControlResponse } from "../proto/messages.ts";
import { type Capabilities, capabilityMetadata } from "./capabilities.ts";
import type { Connector } from "./connector.ts";

type Action = (typeof ControlAction)[keyof typeof ControlAction];

/** Directions that an action opens (true) or closes. */
const GATES: ReadonlyMap<string, readonly [("upstream" | "downstream")[], boolean]> = new Map([
  ["start", [["upstream", "downstream"], true]],
  ["resume", [["upstream", "downstream"], true]],
  ["stop", [["upstream", "downstream"], false]],
  ["pause", [["upstream", "downstream"], false]],
  ["startUpstream", [["upstream"], true]],
  ["stopUpstream", [["upstream"], false]],
  ["startDownstream", [["downstream"], true]],
  ["stopDownstream", [["downstream"], false]],
]);

/** What an engram is told first; its session begins only after it. */
export function greeting(capabilities: Capabilities): ControlResponse[] {
  const mode = capabilitiesMode(capabilities);
  return [
    {
      action: ControlAction.connectorReady,
      metadata: { [HEADERS.startupCapabilities]: mode },
    },
    ...(mode === "none" ? [] : [capabilitiesMessage(capabilities)]),
  ];
}

/** Says what goes over the leg; said again when that changes. */
export function capabilitiesMessage(capabilities: Capabilities): ControlResponse {
  return {
    action: ControlAction.connectorCapabilities,
    metadata: capabilityMetadata(capabilities),
  };
}

/** Whether codecs are announced, as the stream's header says it. */
export function capabilitiesMode(capabilities: Capabilities): "required" | "none" {
  return Object.keys(capabilities).length > 0 ? "required" : "none";
}

/** What an engram is told when the hub is lost (`draining`), and when it is back. */
export function handoff(
  phase: "draining" | "cutover" | "ready",
  reason: string,
  timestamp: number,
): ControlResponse {
  const action = {
    draining: ControlAction.handoffDraining,
    cutover: ControlAction.handoffCutover,
    ready: ControlAction.handoffReady,
  }[phase];
  return { action, metadata: { phase, reason: reason.slice(0, 256), ts: String(timestamp) } };
}

/** Does what a control message asks for; undefined when nothing is to be answered. */
export function answerControl(
  connector: Pick<Connector, "gate" | "receipt">,
  request: ControlRequest,
): ControlResponse | undefined {
  const { action = 0, customAction = "", metadata = {} } = request;
  if (action === ControlAction.ack || action === ControlAction.error) return undefined;
  if (customAction === RECEIPT_ACTION) {
    const receipt = receiptSchema.safeParse(metadata);
    if (receipt.success) {
      const { stream_id: streamId, sequence, partition } = receipt.data;
      connector.receipt({ streamId, partition, sequence: Number(sequence) });
    }
    return undefined;
  }
  const name = customAction !== "" ? customAction : nameOf(action as Action);
  const gate = GATES.get(name);
  for (const direction of gate?.[0] ?? []) connector.gate(direction, gate![1]);
  const handled = gate !== undefined || name === "heartbeat";
  return {
    action: ControlAction.ack,
    metadata: {
      received: name,
      handled: String(handled),
      ...(name === "codecSelect" ? { message: "codec selection not implemented" } : {}),
    },
  };
}

/**
 * What a control message is counted as. An engram may call its own orders anything, so that those
 * that mean nothing here are one.
 */
export function directiveOf({ action = 0, customAction = "" }: ControlRequest): string {
  if (customAction === "") return nameOf(action as Action);
  return customAction === RECEIPT_ACTION || GATES.has(customAction) ? customAction : "custom";
}

function nameOf(action: Action): string {
  return Object.entries(ControlAction).find(([, number]) => number === action)?.[0] ??
    String(action);
}
