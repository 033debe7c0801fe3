import type { Counts } from "./counts.ts";
import { PHASE_NOUNS, PHASES } from "./phase.ts";

/** `3 of 14 done · 1 failed · 2 running`: the rest is waiting. */
export function regionText(counts: Counts): string {
  const parts = [`${counts.succeeded} of ${counts.total} done`];
  for (const phase of PHASES) {
    if (phase === "succeeded" || phase === "pending" || counts[phase] === 0) continue;
    parts.push(`${counts[phase]} ${PHASE_NOUNS[phase]}`);
  }
  return parts.join(" · ");
}

/** The tab's title: what needs a look first, in the few characters that a tab shows. */
export function tabTitle(name: string, counts: Counts): string {
  if (counts.total === 0) return `${name} · Headrace`;
  const news = counts.failed > 0
    ? `${counts.failed} failed`
    : `${counts.succeeded}/${counts.total}`;
  return `${news} · ${name}`;
}
