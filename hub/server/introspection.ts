import type { DeadLetter } from "./dead_letters.ts";
import type { Hub } from "./hub.ts";
import type { StepStream } from "./step_stream.ts";

/** One step of a run as `GET /v1/streams` shows it. */
export interface StreamReport {
  readonly namespace: string;
  readonly storyRun: string;
  readonly step: string;
  readonly connected: boolean;
  readonly generation: number;
  readonly batched: boolean;
  readonly streamId: string;
  readonly buffer: {
    readonly messages: number;
    readonly bytes: number;
    readonly maxMessages: number;
    readonly maxBytes: number;
    readonly policy: string;
  };
  readonly unacked: number;
  /** Absent without credits. */
  readonly credits?: number;
  readonly paused: boolean;
  readonly received: number;
  /** Packets of this step that went through routing, wherever they were routed to. */
  readonly routed: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** What was routed to this step, and what of it was dropped, by the step that sent it. */
  readonly sources: Readonly<
    Record<string, { readonly routed: number; readonly dropped: Readonly<Record<string, number>> }>
  >;
  /** Producers that wait for room here. */
  readonly holds: number;
}

export interface HubReport {
  readonly streams: readonly StreamReport[];
  readonly deadLetters: readonly DeadLetter[];
}

/** What goes on in the hub, for people and for the local runner. */
export function reportHub(hub: Hub): HubReport {
  const streams = [...hub.runs.values()].flatMap((run) => [...run.streams.values()].map(report));
  return { streams, deadLetters: [...hub.deadLetters] };
}

function report(stream: StepStream): StreamReport {
  const { run, id, session, outbound } = stream;
  const { messages, bytes } = outbound.queue.usage;
  const { maxMessages, maxBytes, dropPolicy } = outbound.policies.buffer;
  return {
    namespace: run.namespace,
    storyRun: run.storyRun,
    step: id,
    connected: session !== undefined,
    generation: stream.generation,
    batched: session?.claim.batched ?? false,
    streamId: outbound.streamId,
    buffer: { messages, bytes, maxMessages, maxBytes, policy: dropPolicy },
    unacked: outbound.unacked,
    ...(outbound.credits === Infinity ? {} : { credits: outbound.credits }),
    paused: outbound.paused,
    received: stream.received,
    routed: stream.routed,
    delivered: stream.delivered,
    dropped: Object.fromEntries(stream.drops),
    sources: Object.fromEntries(
      [...stream.sources].map(([source, { routed, dropped }]) => [source, {
        routed,
        dropped: Object.fromEntries(dropped),
      }]),
    ),
    holds: stream.waiting.size,
  };
}
