import { type Counts, worstOf } from "../view/counts.ts";
import type { Phase } from "../view/phase.ts";
import { tabTitle } from "../view/summary_text.ts";

/** Readable on a light and on a dark tab. */
const COLOURS: Readonly<Record<Phase, string>> = {
  failed: "e5534b",
  running: "3b82f6",
  pending: "8b98a6",
  other: "a371f7",
  succeeded: "2da44e",
};

/** Says in the tab how the flow is doing. */
export function showInTab(name: string, counts: Counts): void {
  const title = tabTitle(name, counts);
  if (document.title !== title) document.title = title;
  const icon = document.getElementById("icon");
  const href = iconOf(worstOf(counts));
  if (icon instanceof HTMLLinkElement && icon.href !== href) icon.href = href;
}

function iconOf(phase: Phase): string {
  const shape = phase === "failed"
    ? `<path fill='%23${COLOURS[phase]}' d='M5 1h6l4 4v6l-4 4H5l-4-4V5z'/>`
    : `<circle fill='%23${COLOURS[phase]}' cx='8' cy='8' r='7'/>`;
  return `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${shape}</svg>`;
}
