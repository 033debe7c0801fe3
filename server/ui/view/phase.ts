/** What decides colour and shape. `other` is any status outside the palette. */
export type Phase = "failed" | "running" | "pending" | "other" | "succeeded";

/** In the order in which they need to be looked at. */
export const PHASES: readonly Phase[] = ["failed", "running", "pending", "other", "succeeded"];

/** How each phase is called when many are counted. */
export const PHASE_NOUNS: Readonly<Record<Phase, string>> = {
  failed: "failed",
  running: "running",
  pending: "waiting",
  other: "other",
  succeeded: "done",
};

/** The phase that a node's or flow's status stands for; the vocabulary is open. */
export function phaseOf(status: string): Phase {
  switch (status) {
    case "failed":
    case "running":
    case "pending":
    case "succeeded":
      return status;
    default:
      return "other";
  }
}

/** A status or state as a reader's word: `rolling-back` → `Rolling back`. */
export function wordOf(status: string): string {
  const words = status.replaceAll(/[-_]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
