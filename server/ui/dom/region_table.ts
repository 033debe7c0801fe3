import type { Section } from "../view/board.ts";
import type { Column, Sorting } from "../view/row_order.ts";
import { sameItems } from "../view/row_cache.ts";
import { regionText } from "../view/summary_text.ts";
import { arrange } from "./arrange.ts";
import { type LineId, NodeLine } from "./node_line.ts";
import { clone, part, setAttribute, setShown, setText } from "./parts.ts";
import { setProgress } from "./progress.ts";

/** The table of one region. */
export class RegionTable {
  readonly element = clone("section");
  readonly #lineId: LineId;
  readonly #header = this.element.querySelector<HTMLElement>("header")!;
  readonly #title = part(this.element, "title");
  readonly #counts = part(this.element, "counts");
  readonly #progress = part(this.element, "progress");
  readonly #rows = part(this.element, "rows");
  readonly #headings = this.element.querySelectorAll<HTMLElement>("[data-column]");
  readonly #lines = new Map<string, NodeLine>();
  #order: readonly string[] = [];

  /** @param onSort a heading was chosen */
  constructor(lineId: LineId, onSort: (column: Column) => void) {
    this.#lineId = lineId;
    for (const heading of this.#headings) {
      const column = heading.dataset["column"] as Column;
      heading.querySelector("button")?.addEventListener("click", () => onSort(column));
    }
  }

  update(section: Section, sorting: Sorting | undefined, now: number): void {
    const { title, counts, rows } = section;
    setShown(this.element, rows.length > 0);
    setShown(this.#header, title !== "");
    setText(this.#title, title);
    setText(this.#counts, regionText(counts));
    setProgress(this.#progress, counts);
    for (const heading of this.#headings) {
      const sorted = heading.dataset["column"] === sorting?.column;
      const order = sorting?.descending ? "descending" : "ascending";
      setAttribute(heading, "aria-sort", sorted ? order : undefined);
    }
    this.#updateRows(rows, now);
  }

  #updateRows(rows: Section["rows"], now: number): void {
    const lines = rows.map(({ key }) => this.#line(key));
    for (const [at, row] of rows.entries()) lines[at]?.update(row, now);
    const order = rows.map(({ key }) => key);
    if (sameItems(order, this.#order)) return;
    this.#order = order;
    arrange(this.#rows, lines.map(({ element }) => element));
    const kept = new Set(order);
    for (const key of this.#lines.keys()) if (!kept.has(key)) this.#lines.delete(key);
  }

  #line(key: string): NodeLine {
    let line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, line = new NodeLine(key, this.#lineId));
    return line;
  }
}
