import type { Bench } from "../bench.ts";
import { latencyOf } from "../histogram.ts";
import { httpText } from "../http_text.ts";
import type { FanOutAnswer } from "../load_client.ts";
import type { Load } from "../loads.ts";
import { nodeMessage } from "../payload.ts";
import { cpuSeconds, kbPerConnection, othersCpuSeconds, usageOf } from "../proc.ts";
import type { FanOutResult } from "../results.ts";

/** Publishers at most; as many are used as it takes to keep the rate. */
const PUBLISHERS = 64;

/**
 * Publishes at a rate to a number of streams of a server that was just started.
 *
 * @param options.prelude messages that it takes before, with nobody reading
 * @param options.warmUpRate messages a second before the window, when that is another rate
 */
export function fanOut(
  bench: Bench,
  peer: string,
  load: Load,
  { prelude = bench.prelude, warmUpRate = 0 }: { prelude?: number; warmUpRate?: number } = {},
): Promise<FanOutResult> {
  return bench.start(peer, async ({ addr, pid }, { subscribe, publish }) => {
    const answer = await bench.load({
      mode: "fanout",
      addr,
      pid,
      subscribe: httpText(addr, subscribe),
      publish: httpText(addr, publish(nodeMessage(0))),
      subscribers: load.subscribers,
      rate: load.rate,
      connections: PUBLISHERS,
      prelude,
      warmUpRate,
      ...bench.times,
    });
    return fanOutResult(peer, load, answer);
  });
}

/** The figures of a run. */
export function fanOutResult(peer: string, load: Load, answer: FanOutAnswer): FanOutResult {
  const windowSeconds = answer.windowMs / 1000;
  const serverCpuSeconds = cpuSeconds(answer.begin, answer.end);
  return {
    peer,
    ...load,
    deliveriesPerSecond: answer.deliveries / windowSeconds,
    serverCpuSeconds,
    windowSeconds,
    deliveriesPerCpuSecond: answer.deliveries / serverCpuSeconds,
    latencyMs: latencyOf(answer.latency),
    publishMs: latencyOf(answer.answer),
    kbPerConnection: kbPerConnection(answer.idle, answer.opened, load.subscribers),
    rssMb: usageOf(answer.end).rssKb / 1024,
    connectMs: answer.connectMs,
    published: answer.published,
    missing: answer.missing,
    duplicates: answer.duplicates,
    bytesPerSecond: answer.bytes / windowSeconds,
    clientCpuShare: answer.clientCpuMs / answer.windowMs,
    othersCpuShare: othersCpuSeconds(
      answer.begin,
      answer.end,
      serverCpuSeconds + answer.clientCpuMs / 1000,
    ) / windowSeconds,
    failures: answer.failures,
  };
}
