import type { EdgeReport } from "./ledger.ts";

/** How a run went: the line of `--json`. */
export interface RunReport {
  readonly story: string;
  readonly storyRun: string;
  /** How long generators ran, in seconds. */
  readonly seconds: number;
  /** Whether all packets had arrived, or were dropped, before the time to drain was over. */
  readonly drained: boolean;
  /** Packets of which nobody knows, over all edges; below 0, some were counted twice. */
  readonly unaccounted: number;
  /** How often processes had to be started again, by name. */
  readonly restarts: Readonly<Record<string, number>>;
  readonly edges: readonly EdgeReport[];
}

/** Packets of which nobody knows. Those too many of one edge do not make up for lost ones. */
export function unaccounted(edges: readonly Pick<EdgeReport, "unaccounted">[]): number {
  const numbers = edges.map(({ unaccounted }) => unaccounted ?? 0);
  const lost = numbers.filter((number) => number > 0).reduce((sum, number) => sum + number, 0);
  return lost > 0 ? lost : numbers.reduce((sum, number) => sum + number, 0);
}
