import type { FlowInstance } from "../../../contracts/flow.ts";
import type { Board } from "../view/board.ts";
import { formatDuration } from "../view/duration.ts";
import { type GanttBar, ganttOf, spanOf } from "../view/gantt.ts";
import { tookUntil } from "../view/node_row.ts";
import { arrange } from "./arrange.ts";
import { clone, part, setAttribute, setShown, setText } from "./parts.ts";
import { setPhase } from "./sign.ts";

/** When each node ran: a bar each, by region. */
export class TimelineView {
  readonly #root: HTMLElement;
  readonly #lanes = new Map<string, HTMLElement>();
  readonly #bars = new Map<string, HTMLElement>();

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  update(board: Board, flow: FlowInstance, now: number): void {
    const end = flow.endedAt ?? now;
    const lanes = ganttOf(board, flow.startedAt, end);
    const { whole } = spanOf(board, flow.startedAt, end);
    arrange(
      this.#root,
      lanes.map(({ region, title, bars }) => {
        const lane = made(this.#lanes, region, "lane");
        setText(part(lane, "title"), title);
        setText(part(lane, "middle"), formatDuration(whole / 2));
        setText(part(lane, "end"), formatDuration(whole));
        arrange(part(lane, "bars"), bars.map((bar) => this.#bar(bar, now)));
        return lane;
      }),
    );
  }

  #bar({ row, span }: GanttBar, now: number): HTMLElement {
    const element = made(this.#bars, row.key, "bar");
    setPhase(element, row.phase, row.suspended ? "suspended" : row.phase);
    setText(part(element, "label"), row.label);
    setAttribute(element, "title", `${row.label}: ${row.state}`);
    const took = tookUntil(row, now);
    setText(part(element, "took"), took === undefined ? "" : formatDuration(took));
    const bar = part(element, "bar");
    setShown(bar, span !== undefined);
    // Set through the CSSOM: a style attribute would be against the page's policy.
    bar.style.left = `${(span?.start ?? 0) * 100}%`;
    bar.style.width = `${(span?.share ?? 0) * 100}%`;
    return element;
  }
}

function made(known: Map<string, HTMLElement>, key: string, template: "lane" | "bar"): HTMLElement {
  let element = known.get(key);
  if (element === undefined) known.set(key, element = clone(template));
  return element;
}
