import type { Connection } from "../../../client/connection.ts";
import { followFlows } from "../../../client/follow_flows.ts";
import { pictureTime } from "../view/connection_text.ts";
import { byStart, cardOf, cardOfSummary, type FlowCard } from "../view/flow_card.ts";
import { readFlowList } from "../view/flow_summary.ts";
import { arrange } from "./arrange.ts";
import { ConnectionView } from "./connection_view.ts";
import { FlowCardView } from "./flow_card_view.ts";
import { cloneAll, part, setText } from "./parts.ts";

/** Between two looks at the list where the router does not stream so many flows, in milliseconds. */
const REFRESH = 3_000;
/** What drawing maps may take of a frame, in milliseconds; others have to wait for the next one. */
const BUDGET = 8;
/** Durations are shown in seconds. */
const TICK = 1_000;

/** Lists the router's flows in `main`, each with a small map, for as long as the page is open. */
export class ListPage {
  readonly #main: HTMLElement;
  readonly #url: URL;
  readonly #onList: (flowIds: readonly string[]) => void;
  readonly #flows;
  readonly #connection: ConnectionView;
  readonly #views = new Map<string, FlowCardView>();
  readonly #ids = new WeakMap<Element, string>();
  readonly #inView = new Set<string>();
  readonly #observer = new IntersectionObserver((entries) => this.#onSight(entries));
  /** Of the flows that are streamed. */
  readonly #cards = new Map<string, FlowCard>();
  /** Flows whose card, and flows whose map, is not up to date. */
  readonly #changed = new Set<string>();
  readonly #undrawn = new Set<string>();
  /** As the router's list has it, while it does not stream all flows. */
  #polled: readonly FlowCard[] | undefined;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #frame: number | undefined;

  /**
   * @param router where `/v1/flows` is
   * @param onList told of every list that arrives
   */
  constructor(main: HTMLElement, router: URL, onList: (flowIds: readonly string[]) => void) {
    this.#main = main;
    this.#url = new URL("v1/flows", router);
    this.#onList = onList;
    main.replaceChildren(cloneAll("list-page"));
    document.title = "Flows · Headrace";
    this.#connection = new ConnectionView(() => this.#flows.retryNow());
    this.#flows = followFlows({
      url: router,
      patterns: ["*"],
      onFlows: (changed) => {
        for (const id of changed) this.#changed.add(id);
        this.#drawSoon();
      },
      onConnection: (connection) => this.#onConnection(connection),
    });
    const recolour = () => this.#redraw();
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", recolour);
    addEventListener("resize", recolour);
    addEventListener("online", () => this.#flows.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#flows.retryNow();
    });
    setInterval(() => this.#tick(), TICK);
    this.#say("Asking the router for its flows…");
  }

  #onConnection(connection: Connection): void {
    const error = "error" in connection ? connection.error : undefined;
    // More flows than the router puts on one stream: without maps all of them can still be listed.
    if (error?.status === 400) this.#poll ??= setTimeout(() => this.#refresh());
    if (connection.state === "live") {
      clearTimeout(this.#poll);
      this.#poll = this.#polled = undefined;
    }
    this.#drawSoon();
  }

  async #refresh(): Promise<void> {
    try {
      const response = await fetch(this.#url, { signal: AbortSignal.timeout(5 * REFRESH) });
      const flows = response.ok ? readFlowList(await response.json()) : undefined;
      if (this.#poll === undefined) return;
      this.#polled = flows?.map(cardOfSummary) ?? this.#polled;
      this.#drawSoon();
    } catch {
      // What the connection says of itself is shown already; the list stays as it is.
    }
    if (this.#poll !== undefined) this.#poll = setTimeout(() => this.#refresh(), REFRESH);
  }

  #onSight(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const id = this.#ids.get(target);
      if (id === undefined) continue;
      if (isIntersecting) this.#inView.add(id);
      else this.#inView.delete(id);
    }
    this.#drawSoon();
  }

  #redraw(): void {
    for (const id of this.#views.keys()) this.#undrawn.add(id);
    this.#drawSoon();
  }

  #tick(): void {
    const now = pictureTime(this.#flows.connection, Date.now());
    for (const view of this.#views.values()) view.tick(now);
    this.#drawSoon();
  }

  #drawSoon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  }

  #draw(): void {
    const { connection } = this.#flows;
    const refused = this.#polled !== undefined;
    if (!refused) this.#connection.update(connection, Date.now());
    if (connection.state === "connecting" && !refused) return;
    this.#updateCards();
    const cards = (this.#polled ?? [...this.#cards.values()]).toSorted(byStart);
    this.#onList(cards.map(({ id }) => id));
    this.#say(this.#textFor(cards));
    arrange(part(this.#main, "flows"), cards.map((card) => this.#card(card)));
    this.#changed.clear();
    const kept = new Set(cards.map(({ id }) => id));
    for (const [id, { element }] of this.#views) {
      if (kept.has(id)) continue;
      this.#views.delete(id);
      this.#observer.unobserve(element);
      for (const set of [this.#inView, this.#undrawn]) set.delete(id);
    }
    this.#drawMaps();
  }

  #updateCards(): void {
    for (const id of this.#changed) {
      const state = this.#flows.states.get(id);
      if (state === undefined) this.#cards.delete(id);
      else this.#cards.set(id, cardOf(state));
    }
  }

  #drawMaps(): void {
    const end = performance.now() + BUDGET;
    for (const id of this.#undrawn) {
      if (!this.#inView.has(id)) continue;
      const state = this.#flows.states.get(id);
      if (state !== undefined) this.#views.get(id)?.draw(state);
      this.#undrawn.delete(id);
      if (performance.now() >= end) return this.#drawSoon();
    }
  }

  #card(card: FlowCard): HTMLElement {
    let view = this.#views.get(card.id);
    const isNew = view === undefined;
    if (view === undefined) {
      this.#views.set(card.id, view = new FlowCardView());
      this.#ids.set(view.element, card.id);
      this.#observer.observe(view.element);
    }
    if (isNew || this.#polled !== undefined || this.#changed.has(card.id)) {
      view.update(card, pictureTime(this.#flows.connection, Date.now()));
      this.#undrawn.add(card.id);
    }
    return view.element;
  }

  #textFor(cards: readonly FlowCard[]): string {
    if (this.#polled !== undefined) {
      return `${cards.length} flows are more than the router streams at a time: they are listed ` +
        `without maps, and looked at every ${REFRESH / 1_000} s.`;
    }
    if (cards.length > 0) return "";
    return `No flows yet.\nPost a message to ${this.#url.pathname}/{flowId}/events and it appears here.`;
  }

  #say(text: string): void {
    setText(part(this.#main, "blank"), text);
  }
}
