import { formatAgo, formatDuration } from "../view/duration.ts";
import { type Blocker, type NodeRow, tookUntil } from "../view/node_row.ts";
import { PHASE_NOUNS } from "../view/phase.ts";
import { clone, part, setAttribute, setShown, setText } from "./parts.ts";
import { setPhase } from "./sign.ts";

/** A message of more characters than this hardly fits into its two lines. */
const LONG_MESSAGE = 90;

/** Finds the line of a node, to link to it. */
export type LineId = (key: string) => string;

/** One line of a region's table. */
export class NodeLine {
  readonly element: HTMLTableRowElement;
  readonly #lineId: LineId;
  readonly #phase: HTMLElement;
  readonly #state: HTMLElement;
  readonly #name: HTMLElement;
  readonly #reason: HTMLElement;
  readonly #message: HTMLElement;
  readonly #more: HTMLButtonElement;
  readonly #waits: HTMLElement;
  readonly #since: HTMLTimeElement;
  readonly #took: HTMLElement;
  #row: NodeRow | undefined;
  #second = 0;

  constructor(key: string, lineId: LineId) {
    this.#lineId = lineId;
    const element = this.element = clone<HTMLTableRowElement>("row");
    element.id = lineId(key);
    this.#phase = part(element, "phase");
    this.#state = part(element, "state");
    this.#name = part(element, "name");
    this.#reason = part(element, "reason");
    this.#message = part(element, "message");
    this.#more = part(element, "more");
    this.#waits = part(element, "waits");
    this.#since = part(element, "since");
    this.#took = part(element, "took");
    this.#more.addEventListener("click", () => this.#toggle());
  }

  /** Costs nothing but two comparisons when neither the row nor the second is another one. */
  update(row: NodeRow, now: number): void {
    const second = Math.floor(now / 1_000);
    if (row !== this.#row) this.#updateTexts(row);
    else if (second === this.#second) return;
    this.#second = second;
    this.#updateTimes(row, now);
  }

  #updateTexts(row: NodeRow): void {
    this.#row = row;
    setPhase(this.element, row.phase, row.suspended ? "suspended" : row.phase);
    setAttribute(this.element, "data-told", row.message === "" ? undefined : "");
    setAttribute(this.element, "data-waits", row.waitsFor.length === 0 ? undefined : "");
    setText(this.#phase, `${PHASE_NOUNS[row.phase]}: `);
    setText(this.#state, row.state);
    setText(this.#name, row.label);
    setAttribute(this.#name, "title", row.id);
    setText(this.#reason, row.reason);
    setText(this.#message, row.message);
    setAttribute(this.#message, "title", row.message || undefined);
    setShown(this.#more, row.message.length > LONG_MESSAGE || row.message.includes("\n"));
    this.#waits.replaceChildren(...row.waitsFor.map((blocker) => this.#blocker(blocker)));
    const date = row.since === undefined ? undefined : new Date(row.since);
    setAttribute(this.#since, "datetime", date?.toISOString());
    setAttribute(this.#since, "title", date?.toLocaleString());
  }

  #blocker({ key, label, phase }: Blocker): HTMLElement {
    const blocker = clone("blocker");
    setPhase(blocker, phase);
    const link = part<HTMLAnchorElement>(blocker, "link");
    setText(link, label);
    if (key !== undefined) {
      link.href = `#${this.#lineId(key)}`;
      link.dataset["goto"] = key;
    }
    return blocker;
  }

  #updateTimes(row: NodeRow, now: number): void {
    const took = tookUntil(row, now);
    setText(this.#since, row.since === undefined ? "" : formatAgo(now - row.since));
    setText(this.#took, took === undefined ? "" : formatDuration(took));
  }

  #toggle(): void {
    const open = this.element.classList.toggle("open");
    this.#more.setAttribute("aria-expanded", String(open));
    setText(this.#more, open ? "less" : "more");
  }
}
