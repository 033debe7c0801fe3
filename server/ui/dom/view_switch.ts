import { part, setAttribute } from "./parts.ts";

/** How a flow is shown. */
export type View = "map" | "list" | "timeline";

const VIEWS: readonly string[] = ["map", "list", "timeline"] satisfies View[];

/** Lets the reader choose a view; the address keeps it. */
export class ViewSwitch {
  readonly #main: HTMLElement;
  readonly #onChange: () => void;
  #view: View = "map";

  constructor(main: HTMLElement, onChange: () => void) {
    this.#main = main;
    this.#onChange = onChange;
    const asked = new URLSearchParams(location.search).get("view");
    if (isView(asked)) this.#view = asked;
    part(main, "views").addEventListener("click", ({ target }) => {
      const view = target instanceof HTMLElement ? target.dataset["view"] : undefined;
      if (isView(view)) this.go(view);
    });
    this.#show();
  }

  get view(): View {
    return this.#view;
  }

  go(view: View): void {
    if (view === this.#view) return;
    this.#view = view;
    const url = new URL(location.href);
    url.searchParams.set("view", view);
    history.replaceState(null, "", url);
    this.#show();
    this.#onChange();
  }

  #show(): void {
    setAttribute(this.#main, "data-view", this.#view);
    for (const button of part(this.#main, "views").querySelectorAll<HTMLElement>("[data-view]")) {
      setAttribute(button, "aria-pressed", String(button.dataset["view"] === this.#view));
    }
  }
}

function isView(text: unknown): text is View {
  return typeof text === "string" && VIEWS.includes(text);
}
