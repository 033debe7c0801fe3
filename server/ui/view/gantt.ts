import type { Board } from "./board.ts";
import type { NodeRow } from "./node_row.ts";

/** One bar of the timeline; shares are of the whole span, from 0 to 1. */
export interface GanttBar {
  readonly row: NodeRow;
  /** Absent for what has not begun. */
  readonly span: { readonly start: number; readonly share: number } | undefined;
}

export interface GanttLane {
  readonly region: string;
  readonly title: string;
  readonly bars: readonly GanttBar[];
}

/** From when to when a timeline goes: its start in Unix milliseconds, its length in milliseconds. */
export interface Span {
  readonly first: number;
  readonly whole: number;
}

/**
 * The span that holds all runs of a board.
 *
 * @param startedAt of the flow, in Unix milliseconds; what began before it widens the span
 * @param end Unix milliseconds
 */
export function spanOf({ rows }: Board, startedAt: number, end: number): Span {
  const started = rows.flatMap((row) => row.startedAt ?? []);
  const first = started.reduce((a, b) => Math.min(a, b), startedAt > 0 ? startedAt : end);
  return { first, whole: Math.max(1, end - first) };
}

/**
 * When each node of a board ran, by region, what began first on top.
 *
 * @param startedAt of the flow, in Unix milliseconds; what began before it widens the span
 * @param end Unix milliseconds
 */
export function ganttOf(board: Board, startedAt: number, end: number): GanttLane[] {
  const { first, whole } = spanOf(board, startedAt, end);
  const barOf = (row: NodeRow): GanttBar => {
    if (row.startedAt === undefined) return { row, span: undefined };
    const until = row.endedAt ?? (row.phase === "running" ? end : row.since ?? row.startedAt);
    return {
      row,
      span: {
        start: Math.min(1, Math.max(0, (row.startedAt - first) / whole)),
        share: Math.min(1, Math.max(0, (until - row.startedAt) / whole)),
      },
    };
  };
  return board.sections.map(({ region, title, rows }) => ({
    region,
    title,
    bars: rows.toSorted((a, b) =>
      (a.startedAt ?? Infinity) - (b.startedAt ?? Infinity) || (a.key < b.key ? -1 : 1)
    ).map(barOf),
  }));
}
