import { formatLoad, LOADS } from "./loads.ts";
import type { FanOutResult, Results } from "./results.ts";

/** Something that the router is to reach, and what was measured of it. */
export interface Verdict {
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

const OURS = "headrace";
const FULL = { subscribers: 1000, rate: 1000 };
/** From this many deliveries a second on the router must be clear of a hub that writes each message. */
const HEAVY = 300_000;

/** Judges a run by the targets; those of parts that were not run are left out. */
export function judge(results: Results): Verdict[] {
  return [
    ...fullLoad(results),
    ...againstPeers(results),
    ...idle(results),
    ...connections(results),
    ...storm(results),
    ...ingest(results),
    ...continuity(results),
  ];
}

function fullLoad({ fanOut }: Results): Verdict[] {
  const ours = find(fanOut, OURS, FULL);
  if (ours === undefined) return [];
  const { deliveriesPerSecond, latencyMs: { p99 } } = ours;
  return [
    verdict(
      `${formatLoad(FULL)}: at least 950,000 deliveries/s`,
      whole(deliveriesPerSecond),
      deliveriesPerSecond >= 950_000,
    ),
    verdict(`${formatLoad(FULL)}: p99 under 100 ms`, `${p99} ms`, p99 !== null && p99 < 100),
  ];
}

function againstPeers({ fanOut }: Results): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const load of LOADS) {
    const ours = find(fanOut, OURS, load)?.deliveriesPerCpuSecond;
    const compare = (peer: string, name: string, factor: number) => {
      const theirs = find(fanOut, peer, load)?.deliveriesPerCpuSecond;
      if (ours === undefined || theirs === undefined) return;
      verdicts.push(verdict(
        `${formatLoad(load)}: at least ${factor} × ${name}'s deliveries per CPU second`,
        `${(ours / theirs).toFixed(2)} ×`,
        ours >= factor * theirs,
      ));
    };
    compare("nchan", "Nchan", formatLoad(load) === formatLoad(FULL) ? 5 : 1);
    if (load.subscribers * load.rate >= HEAVY) compare("go", "plain Go", 2);
  }
  return verdicts;
}

function idle(results: Results): Verdict[] {
  return results.idle.filter(({ peer }) => peer === OURS).map(({ subscribers, latencyMs }) =>
    verdict(
      `idle flow, one message to ${subscribers}: p50 under 2 ms`,
      `${latencyMs.p50} ms`,
      latencyMs.p50 !== null && latencyMs.p50 < 2,
    )
  );
}

function connections(results: Results): Verdict[] {
  const ours = results.connections.filter(({ peer }) => peer === OURS);
  return ours.map((result) => {
    const { subscribers, kbPerConnection, missing } = result;
    return subscribers <= 5000
      ? verdict(
        `at most 25 KB a connection at ${whole(subscribers)}`,
        `${kbPerConnection.toFixed(1)} KB`,
        kbPerConnection <= 25,
      )
      : verdict(
        `${whole(subscribers)} connections on one process, each message to all`,
        `${whole(missing)} deliveries missing`,
        missing === 0,
      );
  });
}

function storm(results: Results): Verdict[] {
  const ours = results.storm.find(({ peer }) => peer === OURS);
  const theirs = results.storm.find(({ peer }) => peer === "nchan");
  if (ours === undefined || theirs === undefined) return [];
  return [
    verdict(
      `reconnect storm of ${whole(ours.clients)}: whole before Nchan's`,
      `${whole(ours.wholeMs)} ms, Nchan ${whole(theirs.wholeMs)} ms`,
      ours.wholeMs < theirs.wholeMs && ours.missing === 0,
    ),
  ];
}

function ingest(results: Results): Verdict[] {
  const of = (peer: string, form: string) =>
    results.ingest.find((result) => result.peer === peer && result.form === form);
  const verdicts: Verdict[] = [];
  const single = of(OURS, "single");
  const echo = of("echo", "single");
  if (single !== undefined && echo !== undefined) {
    // Both keep their core busy, so the ratios are one unless others took of it meanwhile.
    const ratio = single.requestsPerSecond / echo.requestsPerSecond;
    const perCpuSecond = single.messagesPerCpuSecond / echo.messagesPerCpuSecond;
    verdicts.push(verdict(
      "single POSTs: at least 0.6 of a bare node:http echo's",
      `${ratio.toFixed(2)}, ${perCpuSecond.toFixed(2)} per CPU second`,
      ratio >= 0.6 && perCpuSecond >= 0.6,
    ));
  }
  const batch = of(OURS, "batch");
  if (batch !== undefined) {
    verdicts.push(verdict(
      "batches: at least 300,000 messages/s",
      whole(batch.messagesPerSecond),
      batch.messagesPerSecond >= 300_000,
    ));
  }
  return verdicts;
}

function continuity(results: Results): Verdict[] {
  const all = [...results.fanOut, ...results.idle, ...results.connections, ...results.storm]
    .filter(({ peer }) => peer === OURS);
  if (all.length === 0) return [];
  const sum = (key: "missing" | "duplicates") => all.reduce((n, result) => n + result[key], 0);
  return [
    verdict(
      "nothing lost and nothing twice in the whole run",
      `${sum("missing")} lost, ${sum("duplicates")} twice`,
      sum("missing") === 0 && sum("duplicates") === 0,
    ),
  ];
}

function find(
  results: readonly FanOutResult[],
  peer: string,
  load: { subscribers: number; rate: number },
): FanOutResult | undefined {
  return results.find((result) => result.peer === peer && formatLoad(result) === formatLoad(load));
}

function verdict(target: string, measured: string, met: boolean): Verdict {
  return { target, measured, met };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
