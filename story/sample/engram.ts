import { ExpressionEngine } from "../../hub/expression/engine.ts";
import type { GeneratorSettings, Sample, TransformSettings } from "../document/engram.ts";
import { EngramClient } from "./engram_client.ts";
import { Pacer } from "./pacer.ts";
import { Recent } from "./recent.ts";
import { SampleCounter, type SampleCounts } from "./sample_counts.ts";
import { writeStamp } from "./stamp.ts";

/** A built-in engram that runs. */
export interface RunningSample {
  readonly counts: SampleCounts;
  /** Resolves when its connector has greeted it. */
  readonly connected: Promise<void>;
  /** Resolves when a generator has sent all that it is to send. */
  readonly finished: Promise<void>;
  /** Lets a generator begin. */
  begin(): void;
  /** Makes a generator wait, or go on. */
  hold(on: boolean): void;
  /** Makes a generator stop. */
  stop(): void;
}

const TICK_MS = 5;
/** Characters of a packet of which nobody knows. */
const MIDDLE_SIZE = 1_024;
/** Packets of a full-speed generator before others get their turn. */
const BURST = 64;

const unixTime = () => performance.timeOrigin + performance.now();
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Connects a built-in engram of a step to its connector.
 *
 * @param sendsAgain whether what may have been lost with a connector is sent again to the one after
 * it. A connector acknowledges nothing to its engram: who wants at least once has to be able to put
 * out again what it cannot know to have arrived, as a source does that goes back to its last mark.
 */
export function startSample(
  { step, endpoint, sample, sendsAgain }: {
    readonly step: string;
    readonly endpoint: string;
    readonly sample: Sample;
    readonly sendsAgain: boolean;
  },
): RunningSample {
  const counter = new SampleCounter();
  const recent = new Recent<Parameters<EngramClient["send"]>>();
  const stop = new AbortController();
  const finished = Promise.withResolvers<void>();
  const gate = { held: false };
  const client: EngramClient = new EngramClient({
    endpoint,
    onReturn() {
      for (const packet of recent.packets) client.send(...packet);
    },
    onPacket({ payload, metadata }) {
      const isNew = counter.received(metadata, unixTime());
      if (sample.template === "headrace-generator") return;
      const { delay } = sample.settings;
      if (sample.template === "headrace-sink") return delay > 0 ? pause(delay) : undefined;
      // What comes again was answered before.
      return isNew ? transform(payload, metadata, sample.settings) : undefined;
    },
  });
  const send = (payload: Record<string, unknown>, size = MIDDLE_SIZE) => {
    const n = counter.sent++;
    const stamp = writeStamp({ from: step, n, at: unixTime() });
    const packet = [payload, stamp, `${step}-${n}`] as const;
    if (sendsAgain) recent.push([...packet], size);
    client.send(...packet);
  };
  const engine = new ExpressionEngine({ now: Date.now, random: Math.random });
  const transform = async (
    payload: Record<string, unknown>,
    metadata: Readonly<Record<string, string>>,
    { set, delay }: TransformSettings,
  ) => {
    if (delay > 0) await pause(delay);
    const vars = { packet: { ...payload, metadata }, inputs: {}, steps: {} };
    const fields = engine.resolve(set, vars) as Record<string, unknown>;
    if (!client.hasRoom) await client.room();
    send({ ...payload, ...fields });
  };
  return {
    get counts() {
      return counter.counts;
    },
    connected: client.room(),
    finished: finished.promise,
    begin() {
      if (sample.template !== "headrace-generator") return;
      generate(sample.settings, client, send, gate, stop.signal)
        .then(finished.resolve, finished.reject);
    },
    hold: (on) => gate.held = on,
    stop: () => stop.abort(),
  };
}

async function generate(
  { rate, size, count, keys }: GeneratorSettings,
  client: EngramClient,
  send: (payload: Record<string, unknown>, size: number) => void,
  gate: { readonly held: boolean },
  signal: AbortSignal,
): Promise<void> {
  const data = "headrace ".repeat(Math.ceil(size / 9)).slice(0, size);
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const pacer = rate > 0 ? new Pacer(rate, performance.now()) : undefined;
  for (let n = 0; !signal.aborted && (count === 0 || n < count);) {
    if (!client.hasRoom) await Promise.race([client.room(), stopped]);
    const due = gate.held ? 0 : Math.min(pacer?.due(performance.now()) ?? BURST, BURST);
    let sent = 0;
    while (sent < due && client.hasRoom && !signal.aborted && (count === 0 || n < count)) {
      send({ n, key: `k${n % keys}`, data }, size);
      n++;
      sent++;
    }
    pacer?.sent(sent);
    await pause(sent < BURST ? TICK_MS : 0);
  }
}
