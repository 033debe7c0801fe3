import type { BindingInfo } from "../../contracts/transport/binding_envelope.ts";
import type { Condition } from "../../contracts/transport/object_meta.ts";
import type { TransportBinding } from "../../contracts/transport/resources.ts";

/** What a connector has to say of its TransportBinding; the messages are the original's. */
export const REPORTS = {
  ready: {
    status: "True",
    reason: "TransportReady",
    message: "Connector reported negotiated codecs",
  },
  heartbeat: {
    status: "True",
    reason: "TransportReady",
    message: "connector heartbeat (source=connector)",
  },
  closing: { status: "False", reason: "Reconciling", message: "connector shutting down" },
} as const;

export type Phase = keyof typeof REPORTS;

/** The part of a binding's status that is written. */
export interface StatusPatch {
  readonly observedGeneration?: number;
  readonly negotiatedAudio?: NonNullable<TransportBinding["status"]>["negotiatedAudio"];
  readonly negotiatedVideo?: NonNullable<TransportBinding["status"]>["negotiatedVideo"];
  readonly negotiatedBinary?: string;
  readonly conditions: readonly Condition[];
}

/**
 * What is to be written into a binding's status. There is no negotiation: the first codec of each
 * list is what both sides start with, unless somebody has said another.
 *
 * `lastTransitionTime` moves with each report, not only with the status: bobrapet tells by it
 * whether a connector is still alive.
 *
 * @param last the condition that this connector wrote last
 * @param now milliseconds since the Unix epoch
 * @returns undefined when nothing is to be said: who is replaced must not say of its successor,
 * which has reported since, that it is gone
 */
export function bindingReport(
  { metadata, spec, status = {} }: TransportBinding,
  info: BindingInfo,
  phase: Phase,
  now: number,
  last?: Condition,
): StatusPatch | undefined {
  const before = status.conditions ?? [];
  const found = before.find(({ type }) => type === "Ready");
  if (phase === "closing" && !isSame(found, last)) return undefined;
  const { generation } = metadata;
  const ready: Condition = {
    type: "Ready",
    ...REPORTS[phase],
    // Seconds, as metav1.Time is written.
    lastTransitionTime: new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  const audio = spec.audio?.codecs?.[0] ?? named(info.audioCodecs[0]);
  const video = spec.video?.codecs?.[0] ?? named(info.videoCodecs[0]);
  const binary = spec.binary?.mimeTypes?.[0]?.trim() || info.binaryTypes[0]?.trim();
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(status.negotiatedAudio === undefined && audio ? { negotiatedAudio: audio } : {}),
    ...(status.negotiatedVideo === undefined && video ? { negotiatedVideo: video } : {}),
    ...(!status.negotiatedBinary && binary ? { negotiatedBinary: binary } : {}),
    conditions: found === undefined
      ? [...before, ready]
      : before.map((condition) => condition === found ? ready : condition),
  };
}

function named(codec: string | undefined): { name: string } | undefined {
  return codec === undefined ? undefined : { name: codec };
}

function isSame(one: Condition | undefined, other: Condition | undefined): boolean {
  return one !== undefined && other !== undefined && one.status === other.status &&
    one.message === other.message && one.lastTransitionTime === other.lastTransitionTime;
}
