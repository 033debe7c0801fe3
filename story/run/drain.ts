import type { EdgeReport } from "../count/ledger.ts";

/** What is drained. */
export interface Drained {
  /** Brings the counters up to date. */
  look(): Promise<void>;
  edges(): readonly Pick<EdgeReport, "unaccounted" | "sent" | "delivered">[];
}

/** Between two looks, in milliseconds: engrams tell what they counted less often than that. */
const LOOK_MS = 250;

/**
 * Waits until every packet is accounted for: twice in a row with nothing new on any edge, since what
 * one engram gets it may be about to send on.
 *
 * @param milliseconds the longest that it may take
 * @returns whether everything arrived
 */
export async function drain(run: Drained, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  let before = "";
  while (true) {
    await run.look();
    const edges = run.edges();
    const now = JSON.stringify(edges.map(({ sent, delivered }) => [sent, delivered]));
    const isDone = edges.every(({ unaccounted }) => (unaccounted ?? 0) === 0);
    if (isDone && now === before) return true;
    before = now;
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
