import { calmly } from "../calmly.ts";
import { BenchError } from "../errors.ts";
import { latencyOf } from "../histogram.ts";
import { medianBy } from "../median.ts";
import { cpuSeconds, othersCpuSeconds, usageOf } from "../proc.ts";
import type { Skipped } from "../results.ts";
import type { RunningServer } from "../server_process.ts";
import type { HubLoadClient } from "./load_client.ts";
import { formatLoad } from "./loads.ts";
import type { HubOptions } from "./options.ts";
import type { HubPeer, Leg } from "./peer.ts";
import type { HubLoad, HubResult, HubResults } from "./results.ts";

/** What the measurements work with. Times are milliseconds. */
export interface HubBench {
  readonly load: HubLoadClient;
  /** Folder of the client's certificate. */
  readonly certificates: string;
  /** Waits for a quiet machine; undefined where nobody asked for one. */
  readonly quiet: (() => Promise<unknown>) | undefined;
  readonly times: {
    /** Load that is not measured: compilers at run time have done their work then. */
    readonly warmUpMs: number;
    readonly windowMs: number;
    /** For what is still due after the last message, at most. */
    readonly drainMs: number;
  };
  /** Runs `use` against a hub that was started for it alone. */
  start<T>(peer: string, tls: boolean, use: (server: RunningServer) => Promise<T>): Promise<T>;
}

/** Messages that a frame of a batched leg has at most: as many as a connector sends. */
const BATCH = 128;

/** Measures what the options ask for; what cannot be measured is told and left out. */
export async function runHubBench(
  bench: HubBench,
  { loads, sections, rounds }: Pick<HubOptions, "loads" | "sections" | "rounds">,
  peers: readonly Pick<HubPeer, "name" | "legs">[],
  onStep: (text: string) => void,
): Promise<Pick<HubResults, "results" | "skipped">> {
  const results: HubResult[] = [];
  const skipped: Skipped[] = [];
  for (const load of sections.flatMap((section) => loads[section])) {
    const steps = peers.flatMap(({ name, legs }) => legs.map((leg) => ({ name, leg })));
    const found = steps.map((): HubResult[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, { name, leg }] of steps.entries()) {
        const what = `${name}, ${leg}, ${formatLoad(load)}`;
        try {
          const result = await calmly(
            bench.quiet,
            () => measure(bench, name, leg, load),
            ({ othersCpuShare }) => othersCpuShare,
          );
          found[i]!.push(result);
          onStep(`${what}: ${describe(result)}`);
        } catch (error) {
          if (!(error instanceof BenchError)) throw error;
          onStep(`${what}: ${error.message}`);
          skipped.push({ what, why: error.message });
        }
      }
    }
    for (const [first, ...others] of found) {
      if (first === undefined) continue;
      const median = medianBy(
        [first, ...others],
        ({ cpuSecondsPerMillion }) => cpuSecondsPerMillion,
      );
      // What is lost in any round is lost.
      const sum = (key: "missing" | "disorder") =>
        [first, ...others].reduce((n, result) => n + result[key], 0);
      results.push({ ...median, missing: sum("missing"), disorder: sum("disorder") });
    }
  }
  return { results, skipped };
}

function measure(bench: HubBench, peer: string, leg: Leg, load: HubLoad): Promise<HubResult> {
  return bench.start(peer, load.tls, async (server) => {
    const { streams, size, rate, tls } = load;
    const answer = await bench.load({
      addr: server.addr,
      pid: server.pid,
      certificates: tls ? bench.certificates : "",
      streams,
      size,
      rate,
      batch: leg === "batched" ? BATCH : 1,
      ...bench.times,
    });
    const { messages, frames, begin, end, sent, missing, disorder } = answer;
    if (messages === 0) {
      throw new BenchError("server", `nothing arrives: ${server.complaints().trim()}`);
    }
    const windowSeconds = answer.windowMs / 1000;
    const clientSeconds = answer.clientCpuMs / 1000;
    const hubCpuSeconds = cpuSeconds(begin, end);
    return {
      ...load,
      peer,
      leg,
      messagesPerSecond: messages / windowSeconds,
      messagesPerFrame: messages / frames,
      windowSeconds,
      hubCpuSeconds,
      cpuSecondsPerMillion: hubCpuSeconds / messages * 1e6,
      latencyMs: latencyOf(answer.latency),
      rssMb: usageOf(end).rssKb / 1024,
      sent,
      missing,
      disorder,
      clientCpuShare: clientSeconds / windowSeconds,
      othersCpuShare: othersCpuSeconds(begin, end, hubCpuSeconds + clientSeconds) / windowSeconds,
    };
  });
}

function describe({ messagesPerSecond, cpuSecondsPerMillion, latencyMs }: HubResult): string {
  return `${Math.round(messagesPerSecond).toLocaleString("en")} messages/s, ` +
    `${
      cpuSecondsPerMillion.toFixed(2)
    } CPU s a million, p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`;
}
