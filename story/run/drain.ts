import type { EdgeReport } from "../count/ledger.ts";

/** What is drained. */
export interface Drained {
  edges(): readonly Pick<EdgeReport, "unaccounted" | "sent">[];
}

/** Between two looks, in milliseconds. */
const LOOK_MS = 150;

/**
 * Waits until every packet is accounted for: twice in a row with nothing new sent, since what one
 * engram gets the next may be about to send on.
 *
 * @param milliseconds the longest that it may take
 * @param look brings the counters up to date
 * @returns whether everything arrived
 */
export async function drain(
  run: Drained,
  milliseconds: number,
  look: () => Promise<void>,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  let before = "";
  while (true) {
    await look();
    const edges = run.edges();
    const now = JSON.stringify(edges.map(({ sent }) => sent));
    const isDone = edges.every(({ unaccounted }) => (unaccounted ?? 0) === 0);
    if (isDone && now === before) return true;
    before = now;
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
