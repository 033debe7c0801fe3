import type { Position } from "../../../client/session.ts";
import { subscribe, type Subscription } from "../../../client/subscribe.ts";
import type { FlowState } from "../../../contracts/fold.ts";
import type { Phase } from "../view/phase.ts";
import type { ExportFormat } from "./export_file.ts";
import { readLink, writeLink } from "./link_state.ts";
import { loadHistory } from "./load_history.ts";
import { MapView } from "./map_view.ts";
import { STYLE } from "./style.ts";
import type { Moment } from "./time_bar.ts";

/** Durations are shown in seconds. */
const TICK = 1_000;
/** With more nodes than this states are shown at a pace, in milliseconds, rather than at each frame. */
const MANY = 300;
const PACE = 100;

// This module is the program of the layout worker too, and there are no elements there.
const Base = globalThis.HTMLElement ?? class {} as typeof HTMLElement;

/** Where a flow's history can be had. */
export interface Origin {
  readonly router: URL;
  readonly flowId: string;
  readonly position: () => Position | undefined;
}

/**
 * The map of a flow: `<flow-canvas src="/v1/flows/rollout">` follows it by itself; a page that has a
 * subscription already calls {@linkcode show} instead. Dispatches `moment` when another moment than
 * now is chosen, or now again.
 */
export class FlowCanvas extends Base {
  static readonly observedAttributes = ["src", "flow"];
  /** Where this module is; the worker is started from it. */
  static script = import.meta.url;

  readonly #view = new MapView({
    host: this,
    script: FlowCanvas.script,
    loadHistory: async () => {
      const position = this.#origin?.position();
      if (this.#origin === undefined || position === undefined) return undefined;
      return await loadHistory(this.#origin.router, this.#origin.flowId, position);
    },
    onLook: () => this.#writeLink(),
    onMoment: (detail) => this.dispatchEvent(new CustomEvent("moment", { detail })),
  });
  #origin: Origin | undefined;
  #subscription: Subscription | undefined;
  #tick: ReturnType<typeof setTimeout> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(...this.#view.elements);
  }

  /** The chosen moment of the past; absent while the map shows now. */
  get moment(): Moment | undefined {
    return this.#view.moment;
  }

  /** Only nodes of these phases stand out; none means all. */
  set phases(phases: ReadonlySet<Phase>) {
    this.#view.phases = phases;
  }

  /** Lets the time bar fetch what came before. */
  set origin(origin: Origin) {
    this.#origin = origin;
  }

  connectedCallback(): void {
    this.#view.open();
    this.#tick = setInterval(() => this.#onTick(), TICK);
    if (this.hasAttribute("deep-link")) this.#view.link = readLink(location.hash);
    this.#follow();
  }

  disconnectedCallback(): void {
    clearInterval(this.#tick);
    this.#subscription?.close();
    this.#subscription = undefined;
    this.#view.close();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#follow();
  }

  /** Shows a state. Cheap when little has changed; call it as often as frames are drawn. */
  show(state: Readonly<FlowState>, now: number): void {
    this.#view.show(state, now);
  }

  /** Puts the cursor into the search. */
  search(): void {
    this.#view.toolbar.focus();
  }

  /** Back to now. */
  goLive(): void {
    this.#view.time.goLive();
  }

  /**
   * The map in a format, as a file's content.
   *
   * @throws {Error} when there is no map yet
   */
  async exportAs(format: ExportFormat): Promise<Blob> {
    return await this.#view.exportAs(format);
  }

  #follow(): void {
    this.#subscription?.close();
    this.#subscription = undefined;
    const src = this.getAttribute("src");
    const match = src === null ? null : /^(.*)\/v1\/flows\/([^/]+)\/?$/.exec(src);
    if (match === null) return;
    const router = new URL(`${match[1]}/`, document.baseURI);
    const flowId = this.getAttribute("flow") ?? decodeURIComponent(match[2] ?? "");
    const subscription = subscribe({
      url: router,
      flowId,
      onState: () => this.#showSoon(),
      onConnection: ({ state }) => this.dataset["connection"] = state,
    });
    this.#subscription = subscription;
    this.#origin = { router, flowId, position: () => subscription.position };
  }

  #showSoon(): void {
    const size = this.#subscription?.state.nodes.size ?? 0;
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      if (this.#subscription !== undefined) this.show(this.#subscription.state, Date.now());
    }, size > MANY ? Math.max(PACE, size / 10) : 0);
  }

  #onTick(): void {
    if (document.hidden || this.#subscription === undefined) return;
    // What may be out of date must not look as if it went on.
    if (this.#subscription.connection.state !== "stale") this.#view.tick(Date.now());
  }

  #writeLink(): void {
    if (!this.hasAttribute("deep-link")) return;
    const hash = writeLink(this.#view.link);
    history.replaceState(null, "", `${location.pathname}${location.search}${hash && `#${hash}`}`);
  }
}

/** Makes `<flow-canvas>` known, once. */
export function defineFlowCanvas(): void {
  if (customElements.get("flow-canvas") === undefined) {
    customElements.define("flow-canvas", FlowCanvas);
  }
}
