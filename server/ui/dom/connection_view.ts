import type { Connection } from "../../../client/connection.ts";
import { connectionText } from "../view/connection_text.ts";
import { find, part, setAttribute, setShown, setText } from "./parts.ts";

/** The sign at the top right, and the notice when there is more to say. */
export class ConnectionView {
  readonly #sign = find(document, "#connection");
  readonly #notice = find(document, "#notice");

  /** @param onRetry the reader does not want to wait */
  constructor(onRetry: () => void) {
    part(this.#notice, "retry").addEventListener("click", onRetry);
  }

  update(connection: Connection, now: number): void {
    const { tone, label, detail, outdated } = connectionText(connection, now, timeOfDay);
    setShown(this.#sign, true);
    setAttribute(this.#sign, "data-tone", tone);
    setAttribute(this.#sign, "data-state", connection.state);
    setAttribute(this.#sign, "title", detail || undefined);
    setText(part(this.#sign, "label"), label);
    // A resume takes a moment: a notice that comes and goes would only move the page.
    setShown(this.#notice, detail !== "" && connection.state !== "resuming");
    setText(part(this.#notice, "text"), detail);
    setShown(part(this.#notice, "retry"), tone === "bad" && connection.state !== "closed");
    document.body.classList.toggle("outdated", outdated && tone === "bad");
  }
}

const timeOfDay = (time: number) => new Date(time).toLocaleTimeString();
