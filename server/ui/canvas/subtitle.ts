import { formatDuration } from "../view/duration.ts";
import { type NodeRow, tookUntil } from "../view/node_row.ts";

/** The second line of a node's box: why it is not done, or how long it took. */
export function subtitle(row: NodeRow, now: number): string {
  const took = tookUntil(row, now);
  switch (row.phase) {
    case "failed":
      return row.reason || row.state;
    case "pending": {
      const [blocker, ...more] = row.waitsFor;
      if (blocker === undefined) return row.reason || row.state;
      return `waits for ${blocker.label}${more.length > 0 ? ` +${more.length}` : ""}`;
    }
    case "running":
      return took === undefined ? row.state : `${row.state} · ${formatDuration(took)}`;
    case "succeeded":
      return took === undefined ? row.state : formatDuration(took);
    case "other":
      return row.state;
  }
}
