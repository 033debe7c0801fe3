import { writeBindingEnvelope } from "../../../contracts/transport/binding_envelope.ts";
import { PROTOCOL_VERSION } from "../../../contracts/transport/names.ts";
import type { StreamingSettings } from "../../../contracts/transport/streaming_settings.ts";
import { findClients } from "../../tools/clients/clients.ts";
import { LineProcess, type Said } from "./line_process.ts";

export const AT_LEAST_ONCE: StreamingSettings = {
  delivery: { semantics: "at_least_once" },
  flowControl: { mode: "credits", ackEvery: { messages: 5, maxDelay: "20ms" } },
};

/** 0 to `count` - 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

const { engram } = await findClients();

/** What the engram of tests/tools/engram does; see its main.go. */
export interface EngramOptions {
  readonly mode: "produce" | "transform" | "consume";
  readonly count?: number;
  readonly from?: number;
  readonly kinds?: readonly string[];
  /** Milliseconds after every ten messages. */
  readonly pause?: number;
  readonly holdFrom?: number;
}

/** A message as the SDK gave it to the engram. */
export interface Got extends Said {
  readonly event: "got";
  readonly kind: string;
  readonly id: string;
  readonly metadata: Record<string, string> | null;
  readonly payload: { readonly n: number } & Record<string, unknown>;
  readonly sequence: number;
  readonly stream: string;
}

type EngramEvent = Got | (Said & { readonly event: "session" | "produced" | "ended" | "failed" });

/** An engram on the original's SDK as a process, at a connector of step `step`. */
export class SdkEngram extends LineProcess<EngramEvent> {
  constructor(
    step: string,
    { port }: { readonly port: number },
    options: EngramOptions,
    env: Record<string, string> = {},
  ) {
    super(engram, {
      BUBU_EXECUTION_MODE: "streaming",
      BUBU_STEP_CONFIG: JSON.stringify(options),
      BUBU_STEP_NAME: step,
      BUBU_STORYRUN_ID: "voice-1",
      BUBU_STEPRUN_NAME: `voice-1-${step}`,
      BUBU_POD_NAMESPACE: "demo",
      BUBU_TRANSPORT_BINDING: writeBindingEnvelope({
        name: `voice-1-${step}-transport`,
        namespace: "demo",
        binding: {
          transportRef: "rt",
          driver: "grpc",
          endpoint: `127.0.0.1:${port}`,
          audioCodecs: ["opus"],
          videoCodecs: [],
          binaryTypes: [],
          protocolVersion: PROTOCOL_VERSION,
          settings: {},
        },
      }),
      BUBU_GRPC_RECONNECT_BASE_BACKOFF: "50ms",
      BUBU_GRPC_RECONNECT_MAX_BACKOFF: "200ms",
      ...env,
    });
  }

  /** Messages that came so far, repetitions included. */
  get got(): Got[] {
    return this.events.filter((event) => event.event === "got");
  }

  /** `n` of every payload, in the order of arrival, repetitions included. */
  get numbers(): number[] {
    return this.got.map(({ payload, metadata }) => payload?.n ?? Number(metadata?.n));
  }

  /** How many times an event of this name happened. */
  count(name: EngramEvent["event"]): number {
    return this.events.filter(({ event }) => event === name).length;
  }
}
