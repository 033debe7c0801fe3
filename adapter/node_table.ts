import type { FlowNode } from "../contracts/flow.ts";

/** Longest message in a row; what is cut is in the map. */
const MAX_MESSAGE = 80;

/**
 * Nodes as a table for people, one line each under a line of headings.
 *
 * @param now Unix milliseconds, for the ages
 */
export function nodeTable(nodes: readonly FlowNode[], now: number): string {
  const rows = [
    ["NODE", "STATUS", "STATE", "SINCE", "REASON", "MESSAGE"],
    ...nodes.map(({ id, status, meta }) => [
      id,
      status,
      text(meta?.["state"]),
      typeof meta?.["since"] === "number" ? age(now - meta["since"]) : "-",
      text(meta?.["reason"]),
      cut(text(meta?.["message"])),
    ]),
  ];
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd() + "\n"
  ).join("");
}

function text(value: unknown): string {
  return typeof value === "string" && value !== "" ? value : "-";
}

function cut(message: string): string {
  const line = message.replace(/\s+/g, " ").trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE - 1).toWellFormed()}…` : line;
}

/** A length of time in its largest unit, as kubectl shows ages. */
function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  for (const [unit, length] of [["d", 86_400], ["h", 3_600], ["m", 60]] as const) {
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)}${unit}`;
  }
  return `${seconds}s`;
}
