import { failedKeys, failureNews } from "../view/failures.ts";
import type { NodeRow } from "../view/node_row.ts";
import { setText } from "./parts.ts";

/** Says in a live region what has failed since the last time; what was so from the start is no news. */
export class FailureNews {
  readonly #element: Element;
  #known: ReadonlySet<string> | undefined;

  constructor(element: Element) {
    this.#element = element;
  }

  /** @param aloud false takes note only: somebody else tells it */
  tell(rows: readonly NodeRow[], aloud = true): void {
    const news = this.#known && failureNews(this.#known, rows);
    if (news !== undefined && aloud) setText(this.#element, news);
    this.#known = failedKeys(rows);
  }
}
