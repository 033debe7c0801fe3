import type { EdgeReport } from "../count/ledger.ts";

const COUNT = new Intl.NumberFormat("en-US");

/** A count as people read it: `12,345`. */
export function formatCount(count: number): string {
  return COUNT.format(Math.round(count));
}

/** A rate as people read it, three digits at least: `1,204/s`, `3.5/s`. */
export function formatRate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10
    ? `${perSecond.toFixed(1)}/s`
    : `${formatCount(perSecond)}/s`;
}

/** A short time as people read it: `0.42 ms`, `13 ms`, `2.1 s`. */
export function formatLatency(milliseconds: number | null): string {
  if (milliseconds === null) return "–";
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds >= 10 ? Math.round(milliseconds) : milliseconds.toFixed(2)} ms`;
}

/** `from → to`, with what stands between them. */
export function edgeName({ from, to, via }: Pick<EdgeReport, "from" | "to" | "via">): string {
  return [from, ...via, to].join(" → ");
}

/** `12 buffer_full, 3 expired`. */
export function droppedText(dropped: Readonly<Record<string, number>>): string {
  return Object.entries(dropped).map(([reason, count]) => `${formatCount(count)} ${reason}`)
    .join(", ");
}

/** One line an edge, in columns. */
export function edgeTable(
  edges: readonly EdgeReport[],
  rateOf: (edge: EdgeReport) => number,
): string[] {
  const known = (count: number | null) => count === null ? "?" : formatCount(count);
  const rows = edges.map((edge) => [
    edgeName(edge),
    edge.mode,
    formatRate(rateOf(edge)),
    known(edge.sent),
    known(edge.delivered),
    droppedText(edge.dropped) || "0",
    formatLatency(edge.p50),
    formatLatency(edge.p99),
  ]);
  const head = ["edge", "mode", "rate", "sent", "delivered", "dropped", "p50", "p99"];
  const LEFT = new Set([0, 1, 5]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
  );
  return [head, ...rows].map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return LEFT.has(column) ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  );
}

/** All edges on one line, for where lines cannot change in place. */
export function edgeLine(
  seconds: number,
  edges: readonly EdgeReport[],
  rateOf: (edge: EdgeReport) => number,
): string {
  const parts = edges.map((edge) => {
    const dropped = droppedText(edge.dropped);
    return `${edgeName(edge)} ${formatRate(rateOf(edge))}${dropped && ` (dropped ${dropped})`}`;
  });
  return `${seconds.toFixed(0).padStart(4)} s  ${parts.join("; ")}`;
}
