import { type Phase, PHASES } from "./phase.ts";

/** How many of each phase, and of all. */
export type Counts = Readonly<Record<Phase | "total", number>>;

export function countPhases(items: Iterable<{ readonly phase: Phase }>): Counts {
  const counts = { total: 0, failed: 0, running: 0, pending: 0, other: 0, succeeded: 0 };
  for (const { phase } of items) {
    counts[phase]++;
    counts.total++;
  }
  return counts;
}

/** The worst phase among them; `pending` when there is nothing. */
export function worstOf(counts: Counts): Phase {
  return PHASES.find((phase) => counts[phase] > 0) ?? "pending";
}
