import type { NodeRow } from "./node_row.ts";
import type { Phase } from "./phase.ts";

export interface Filter {
  /** Words that must all occur somewhere in the line, in any case and order. */
  readonly text: string;
  /** Only these; none means all. */
  readonly phases: ReadonlySet<Phase>;
}

export const NO_FILTER: Filter = { text: "", phases: new Set() };

export function isFiltering({ text, phases }: Filter): boolean {
  return phases.size > 0 || text.trim() !== "";
}

/** Whether a row is to be shown. */
export function rowFilter({ text, phases }: Filter): (row: NodeRow) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return (row) =>
    (phases.size === 0 || phases.has(row.phase)) &&
    (words.length === 0 || matches(row, words));
}

function matches(row: NodeRow, words: readonly string[]): boolean {
  const blockers = row.waitsFor.map(({ label }) => label);
  const all = [row.label, row.id, row.region, row.state, row.reason, row.message, ...blockers]
    .join("\n").toLowerCase();
  return words.every((word) => all.includes(word));
}
