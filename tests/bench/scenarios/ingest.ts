import type { Bench } from "../bench.ts";
import { latencyOf } from "../histogram.ts";
import { httpText } from "../http_text.ts";
import { jsonBatch, ndjsonBatch, nodeMessage } from "../payload.ts";
import { cpuSeconds, othersCpuSeconds } from "../proc.ts";
import type { IngestResult } from "../results.ts";

/** Messages in a batch. */
const BATCH = 100;
/** Connections that are always busy. */
const CONNECTIONS = 32;

/** Posts messages as fast as they are taken, to a server without readers. */
export function ingest(
  bench: Bench,
  peer: string,
  form: IngestResult["form"],
): Promise<IngestResult> {
  return bench.start(peer, async ({ addr, pid }, { publish }) => {
    const request = publish(bodies[form]());
    const type = form === "ndjson" ? { "Content-Type": "application/x-ndjson" } : {};
    const answer = await bench.load({
      mode: "ingest",
      addr,
      pid,
      publish: httpText(addr, { ...request, headers: { ...request.headers, ...type } }),
      connections: CONNECTIONS,
      warmUpMs: bench.times.warmUpMs,
      windowMs: bench.times.windowMs,
    });
    const messagesPerRequest = form === "single" ? 1 : BATCH;
    const windowSeconds = answer.windowMs / 1000;
    const messages = answer.requests * messagesPerRequest;
    const serverCpuSeconds = cpuSeconds(answer.begin, answer.end);
    return {
      peer,
      form,
      messagesPerRequest,
      connections: CONNECTIONS,
      requestsPerSecond: answer.requests / windowSeconds,
      messagesPerSecond: messages / windowSeconds,
      serverCpuSeconds,
      windowSeconds,
      messagesPerCpuSecond: messages / serverCpuSeconds,
      answerMs: latencyOf(answer.answer),
      clientCpuShare: answer.clientCpuMs / answer.windowMs,
      othersCpuShare: othersCpuSeconds(
        answer.begin,
        answer.end,
        serverCpuSeconds + answer.clientCpuMs / 1000,
      ) / windowSeconds,
      failures: answer.failures,
    };
  });
}

const bodies: Record<IngestResult["form"], () => string> = {
  single: () => nodeMessage(0),
  batch: () => jsonBatch(BATCH),
  ndjson: () => ndjsonBatch(BATCH),
};
