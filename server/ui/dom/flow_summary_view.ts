import type { FlowInstance } from "../../../contracts/flow.ts";
import type { Counts } from "../view/counts.ts";
import { formatAgo, formatDuration } from "../view/duration.ts";
import { type Phase, PHASE_NOUNS, phaseOf, PHASES, wordOf } from "../view/phase.ts";
import { clone, part, setAttribute, setShown, setText } from "./parts.ts";
import { setProgress } from "./progress.ts";
import { setPhase } from "./sign.ts";

/** Name, status, elapsed time, progress and counts of the flow; the counts choose what is shown. */
export class FlowSummaryView {
  readonly #root: ParentNode;
  readonly #buttons = new Map<Phase, HTMLElement>();

  /** @param onToggle a count was chosen */
  constructor(root: ParentNode, onToggle: (phase: Phase) => void) {
    this.#root = root;
    const counts = part(root, "counts");
    for (const phase of PHASES) {
      const button = clone("count");
      setPhase(button, phase);
      setText(part(button, "noun"), PHASE_NOUNS[phase]);
      button.addEventListener("click", () => onToggle(phase));
      this.#buttons.set(phase, button);
      counts.append(button);
    }
  }

  /** @param eta milliseconds that it will go on; undefined when nobody can tell */
  update(
    flow: FlowInstance,
    counts: Counts,
    chosen: ReadonlySet<Phase>,
    now: number,
    eta: number | undefined,
  ): void {
    const status = part(this.#root, "status");
    setPhase(status, phaseOf(flow.status));
    setText(part(this.#root, "status-word"), wordOf(flow.status));
    // A flow that nobody has described yet starts at 0.
    setShown(part(this.#root, "elapsed"), flow.startedAt > 0);
    const elapsed = (flow.endedAt ?? now) - flow.startedAt;
    setText(part(this.#root, "elapsed-text"), formatDuration(Math.max(elapsed, 0)));
    setShown(part(this.#root, "eta"), eta !== undefined);
    setText(part(this.#root, "eta"), eta === undefined ? "" : `about ${formatAgo(eta)} left`);
    const progress = part(this.#root, "progress");
    setProgress(progress, counts);
    setAttribute(progress, "aria-valuemax", String(counts.total));
    setAttribute(progress, "aria-valuenow", String(counts.succeeded));
    for (const [phase, button] of this.#buttons) {
      setText(part(button, "number"), String(counts[phase]));
      setAttribute(button, "aria-pressed", String(chosen.has(phase)));
      setAttribute(button, "data-empty", counts[phase] === 0 ? "" : undefined);
      setShown(button, phase !== "other" || counts.other > 0 || chosen.has("other"));
    }
  }
}
