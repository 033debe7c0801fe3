import type { Bench } from "../bench.ts";
import { BenchError } from "../errors.ts";
import { latencyOf } from "../histogram.ts";
import { httpText } from "../http_text.ts";
import { nodeMessage } from "../payload.ts";
import { cpuSeconds } from "../proc.ts";
import type { StormResult } from "../results.ts";

/** Messages a second while nobody reads: not what is measured. */
const RATE = 500;

/** Has clients leave, miss messages, and all come back at once. */
export function storm(
  bench: Bench,
  peer: string,
  clients: number,
  missed: number,
): Promise<StormResult> {
  return bench.start(peer, async ({ addr, pid }, { subscribe, publish, resume }) => {
    if (resume === undefined) throw new BenchError("usage", `${peer} keeps no history`);
    const answer = await bench.load({
      mode: "storm",
      addr,
      pid,
      subscribe: httpText(addr, subscribe),
      resume: httpText(addr, resume),
      publish: httpText(addr, publish(nodeMessage(0))),
      subscribers: clients,
      count: missed,
      rate: RATE,
      // One at a time, so that every server stores them in the order in which they are counted.
      connections: 1,
      settleMs: bench.times.settleMs,
    });
    return {
      peer,
      clients,
      missed,
      wholeMs: answer.wholeMs,
      clientMs: latencyOf(answer.client),
      serverCpuSeconds: cpuSeconds(answer.begin, answer.end),
      missing: answer.missing,
      duplicates: answer.duplicates,
      failures: answer.failures,
    };
  });
}
