import { type NodeRow, tookUntil } from "./node_row.ts";
import { PHASES } from "./phase.ts";

/** What the table can be sorted by. */
export type Column = "state" | "name" | "reason" | "message" | "waits" | "since" | "took";

export interface Sorting {
  readonly column: Column;
  readonly descending: boolean;
}

// One collator for all: making one costs more than a thousand comparisons with it.
const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

const RANK = new Map(PHASES.map((phase, rank) => [phase, rank]));

/** What needs a look first; equal rows by name, so that a row moves only when its phase does. */
export function byUrgency(a: NodeRow, b: NodeRow): number {
  return (RANK.get(a.phase) ?? 0) - (RANK.get(b.phase) ?? 0) || byName(a, b);
}

function byName(a: NodeRow, b: NodeRow): number {
  return compare(a.label, b.label) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/**
 * The comparison for a sorting; without one it is {@linkcode byUrgency}. Rows without a value come
 * last either way.
 *
 * @param now Unix milliseconds, for durations that are still growing
 */
export function rowOrder(
  sorting: Sorting | undefined,
  now: number,
): (a: NodeRow, b: NodeRow) => number {
  if (sorting === undefined) return byUrgency;
  const { column, descending } = sorting;
  const sign = descending ? -1 : 1;
  const value = (row: NodeRow) => valueOf(row, column, now);
  return (a, b) => {
    const left = value(a);
    const right = value(b);
    if (left === undefined || right === undefined) {
      return (left === undefined ? 1 : 0) - (right === undefined ? 1 : 0) || byUrgency(a, b);
    }
    const order = typeof left === "number" ? left - (right as number) : compare(left, `${right}`);
    return order * sign || byUrgency(a, b);
  };
}

function valueOf(row: NodeRow, column: Column, now: number): number | string | undefined {
  switch (column) {
    case "state":
      return RANK.get(row.phase);
    case "name":
      return row.label;
    case "reason":
      return row.reason || undefined;
    case "message":
      return row.message || undefined;
    case "waits":
      return row.waitsFor[0]?.label;
    case "since":
      return row.since;
    case "took":
      return tookUntil(row, now);
  }
}

/** What a click on `column` makes of a sorting: ascending, descending, then none again. */
export function nextSorting(sorting: Sorting | undefined, column: Column): Sorting | undefined {
  if (sorting?.column !== column) return { column, descending: false };
  return sorting.descending ? undefined : { column, descending: true };
}
