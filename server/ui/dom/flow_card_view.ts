import type { FlowState } from "../../../contracts/fold.ts";
import { ageText, type FlowCard, progressText, regionsText } from "../view/flow_card.ts";
import { wordOf } from "../view/phase.ts";
import { clone, part, setAttribute, setShown, setText } from "./parts.ts";
import { setProgress } from "./progress.ts";
import { setPhase } from "./sign.ts";
import { SmallMap } from "./small_map.ts";

/** One flow of the list. */
export class FlowCardView {
  readonly element = clone("flow-card");
  readonly #link = part<HTMLAnchorElement>(this.element, "link");
  readonly #canvas = part<HTMLCanvasElement>(this.element, "map");
  readonly #map = new SmallMap(this.#canvas);
  #card: FlowCard | undefined;

  update(card: FlowCard, now: number): void {
    this.#card = card;
    this.#link.href = `?flow=${encodeURIComponent(card.id)}`;
    setPhase(this.#link, card.phase);
    setText(part(this.element, "name"), card.id);
    setAttribute(part(this.element, "name"), "title", card.id);
    setText(part(this.element, "status"), wordOf(card.status));
    setText(part(this.element, "regions"), regionsText(card));
    setText(part(this.element, "nodes"), progressText(card));
    const progress = part(this.element, "progress");
    setShown(progress, card.counts !== undefined);
    if (card.counts !== undefined) setProgress(progress, card.counts);
    setShown(this.#canvas, card.counts !== undefined);
    this.tick(now);
  }

  /** Time has passed. */
  tick(now: number): void {
    if (this.#card !== undefined) setText(part(this.element, "age"), ageText(this.#card, now));
  }

  draw(state: Readonly<FlowState>): void {
    this.#map.draw(state);
  }
}
