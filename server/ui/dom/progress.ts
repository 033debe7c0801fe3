import type { Counts } from "../view/counts.ts";
import { type Phase, PHASES } from "../view/phase.ts";
import { setShown } from "./parts.ts";

/** Gives each phase's span in a progress bar its share. */
export function setProgress(bar: HTMLElement, counts: Counts): void {
  for (const span of bar.children) {
    if (!(span instanceof HTMLElement)) continue;
    const phase = span.dataset["phase"] as Phase;
    if (!PHASES.includes(phase)) continue;
    // An empty share would still have its gap.
    setShown(span, counts[phase] > 0);
    // Set through the CSSOM: a style attribute would be against the page's policy.
    span.style.flexGrow = String(counts[phase]);
  }
}
