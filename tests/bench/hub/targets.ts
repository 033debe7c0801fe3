import { whole } from "../markdown_text.ts";
import type { Verdict } from "../targets.ts";
import type { Leg } from "./peer.ts";
import type { HubLoad, HubResult } from "./results.ts";

const OURS = "headrace";

/** Judges a run by the targets; those of loads that were not run are left out. */
export function judge(results: readonly HubResult[]): Verdict[] {
  return [...batched(results), ...plain(results), ...continuity(results)];
}

/** Full speed with messages of 100 bytes. */
function batched(results: readonly HubResult[]): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const [tls, least] of [[false, 300_000], [true, 200_000]] as const) {
    for (const result of results) {
      if (!isOurs(result, "batched") || result.tls !== tls) continue;
      if (result.size !== 100 || result.rate !== 0) continue;
      const how = tls ? "mutual TLS" : "no TLS";
      verdicts.push({
        target: `batched, ${how}, ${named(result)}: at least ${whole(least)} messages/s`,
        measured: whole(result.messagesPerSecond),
        met: result.messagesPerSecond >= least,
      });
    }
  }
  return verdicts;
}

/** Per CPU second, so that a hub that others held up is not taken for slow. */
function plain(results: readonly HubResult[]): Verdict[] {
  return results.flatMap((ours) => {
    if (!isOurs(ours, "plain") || ours.rate !== 0) return [];
    const bare = results.find((result) => result.peer === "bare" && isSameLoad(result, ours));
    if (bare === undefined) return [];
    const ratio = bare.cpuSecondsPerMillion / ours.cpuSecondsPerMillion;
    const how = ours.tls ? "mutual TLS" : "no TLS";
    return [{
      target: `plain, ${how}, ${named(ours)}: at least bare grpc-js's messages per CPU second`,
      measured: `${ratio.toFixed(2)} ×`,
      met: ratio >= 1,
    }];
  });
}

function continuity(results: readonly HubResult[]): Verdict[] {
  const ours = results.filter(({ peer }) => peer === OURS);
  if (ours.length === 0) return [];
  const sum = (key: "missing" | "disorder") => ours.reduce((n, result) => n + result[key], 0);
  return [{
    target: "nothing lost and nothing out of order in the whole run",
    measured: `${whole(sum("missing"))} lost, ${whole(sum("disorder"))} out of order`,
    met: sum("missing") === 0 && sum("disorder") === 0,
  }];
}

function isOurs({ peer, leg }: HubResult, wanted: Leg): boolean {
  return peer === OURS && leg === wanted;
}

function isSameLoad(a: HubLoad, b: HubLoad): boolean {
  return a.streams === b.streams && a.size === b.size && a.tls === b.tls && a.rate === b.rate;
}

function named({ streams, size }: HubLoad): string {
  return `${streams} × ${size} B`;
}
