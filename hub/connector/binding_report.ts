import type { Condition } from "../../contracts/transport/object_meta.ts";
import {
  AUDIO_CODECS,
  type TransportBinding,
  VIDEO_CODECS,
} from "../../contracts/transport/resources.ts";
import type { Capabilities } from "./capabilities.ts";

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

/** The part of a binding's status that is written; codecs only where they change. */
export interface StatusPatch {
  readonly conditions: readonly Condition[];
  readonly [field: string]: unknown;
}

/**
 * What is to be written into a binding's status. There is no negotiation: what was seen in frames
 * counts, else what the status says already, else the first codec of each list.
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
  capabilities: { readonly announced: Capabilities; readonly observed: Capabilities },
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
  const { announced, observed } = capabilities;
  const negotiated = {
    negotiatedAudio: observed.audio ?? status.negotiatedAudio ?? spec.audio?.codecs?.[0] ??
      known(AUDIO_CODECS, announced.audio),
    negotiatedVideo: observed.video ?? status.negotiatedVideo ?? spec.video?.codecs?.[0] ??
      known(VIDEO_CODECS, announced.video),
    negotiatedBinary: observed.binary ||
      status.negotiatedBinary || spec.binary?.mimeTypes?.[0]?.trim() || announced.binary?.trim(),
  };
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...changed(negotiated, status),
    conditions: found === undefined
      ? [...before, ready]
      : before.map((condition) => condition === found ? ready : condition),
  };
}

/** Nobody has checked what came with the pod: a name of its own must not cost the whole report. */
function known<C extends { readonly name: string }>(
  names: readonly string[],
  codec: C | undefined,
): C | undefined {
  return codec !== undefined && names.includes(codec.name) ? codec : undefined;
}

/** Only what is said anew. */
function changed(
  wanted: Readonly<Record<string, unknown>>,
  status: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(wanted).filter(([field, value]) =>
      value !== undefined && value !== "" && canonical(value) !== canonical(status[field])
    ),
  );
}

/** The API server has an order of its own for the fields of an object. */
function canonical(value: unknown): string {
  const fields = typeof value === "object" && value !== null ? Object.entries(value).sort() : value;
  return JSON.stringify(fields) ?? "";
}

function isSame(one: Condition | undefined, other: Condition | undefined): boolean {
  return one !== undefined && other !== undefined && one.status === other.status &&
    one.message === other.message && one.lastTransitionTime === other.lastTransitionTime;
}
