import type { FlowState } from "../../../contracts/fold.ts";
import { setAttribute, setText } from "../dom/parts.ts";
import type { FlowHistory } from "../graph/history.ts";
import { button, element } from "./element.ts";

/** A moment of the past. */
export interface Moment {
  readonly state: FlowState;
  /** Unix milliseconds. */
  readonly time: number;
}

export interface TimeBarActions {
  /** Fetches what can be looked back at; undefined while there is nothing. */
  load(): Promise<FlowHistory | undefined>;
  /** Shows a moment; undefined is now. */
  show(moment: Moment | undefined): void;
}

/** Between two steps of a playback, in milliseconds. */
const STEP = 50;

/** Looks back at what has been, and plays it. */
export class TimeBar {
  readonly element = element("div", { class: "time", role: "group", "aria-label": "Time" });
  readonly #actions: TimeBarActions;
  readonly #slider = element("input", {
    type: "range",
    min: "0",
    max: "1000",
    value: "1000",
    "aria-label": "Moment",
    "aria-valuetext": "now",
  });
  readonly #speed = element("select", { "aria-label": "Speed" });
  readonly #label = element("output", {}, "now");
  readonly #play = button("▶", "Play", () => this.#togglePlay());
  readonly #live = button("Live", "Live: back to now (n)", () => this.goLive());
  #history: FlowHistory | undefined;
  #time = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(actions: TimeBarActions) {
    this.#actions = actions;
    for (const speed of [1, 5, 10, 30, 60]) {
      this.#speed.append(element("option", { value: String(speed) }, `${speed}×`));
    }
    this.#speed.value = "10";
    this.#live.disabled = true;
    this.element.append(this.#play, this.#speed, this.#slider, this.#label, this.#live);
    this.#slider.addEventListener("input", () => this.#onSlide());
  }

  /** Looks at a moment as soon as there is a history. */
  async goTo(time: number): Promise<void> {
    if (await this.#load()) this.#look(time);
    // Before the first message has come there is nothing to look back at.
    else setTimeout(() => this.goTo(time), 500);
  }

  goLive(): void {
    this.#stop();
    this.#history = undefined;
    this.#slider.value = "1000";
    this.#say("now");
    this.#live.disabled = true;
    this.#actions.show(undefined);
  }

  async #onSlide(): Promise<void> {
    const share = Number(this.#slider.value) / 1_000;
    if (!await this.#load()) return;
    const [first, last] = this.#span();
    if (share === 1) this.goLive();
    else this.#look(first + (last - first) * share);
  }

  async #load(): Promise<boolean> {
    try {
      this.#history ??= await this.#actions.load();
    } catch (error) {
      setText(this.#label, "no history");
      setAttribute(this.#label, "title", error instanceof Error ? error.message : String(error));
    }
    return (this.#history?.length ?? 0) > 0;
  }

  #span(): [first: number, last: number] {
    const history = this.#history;
    return [history?.timeAt(0) ?? 0, history?.timeAt(history.length - 1) ?? 0];
  }

  #look(time: number): void {
    const history = this.#history;
    if (history === undefined) return;
    const [first, last] = this.#span();
    this.#time = Math.min(Math.max(time, first), last);
    const share = last === first ? 1 : (this.#time - first) / (last - first);
    this.#slider.value = String(Math.round(share * 1_000));
    this.#say(new Date(this.#time).toLocaleTimeString());
    this.#live.disabled = false;
    this.#actions.show({ state: history.stateAt(history.indexAt(this.#time)), time: this.#time });
  }

  #say(text: string): void {
    setText(this.#label, text);
    this.#slider.setAttribute("aria-valuetext", text);
  }

  async #togglePlay(): Promise<void> {
    if (this.#timer !== undefined) return this.#stop();
    if (!await this.#load()) return;
    const [first, last] = this.#span();
    if (this.#slider.value === "1000" || this.#time >= last) this.#look(first);
    this.#timer = setInterval(() => {
      const next = this.#time + STEP * Number(this.#speed.value);
      if (next >= last) this.goLive();
      else this.#look(next);
    }, STEP);
    setText(this.#play, "❚❚");
    setAttribute(this.#play, "aria-label", "Pause");
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    setText(this.#play, "▶");
    setAttribute(this.#play, "aria-label", "Play");
  }
}
