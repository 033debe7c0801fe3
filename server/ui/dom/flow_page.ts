import type { Connection } from "../../../client/connection.ts";
import { subscribe, type Subscription } from "../../../client/subscribe.ts";
import { FlowCanvas } from "../canvas/flow_canvas.ts";
import { Eta } from "../graph/eta.ts";
import { type Board, boardOf, type Looks } from "../view/board.ts";
import { pictureTime } from "../view/connection_text.ts";
import { RowCache } from "../view/row_cache.ts";
import { isFiltering, NO_FILTER } from "../view/row_filter.ts";
import { nextSorting } from "../view/row_order.ts";
import { arrange } from "./arrange.ts";
import { ConnectionView } from "./connection_view.ts";
import { FailureNews } from "./failure_news.ts";
import { FlowSummaryView } from "./flow_summary_view.ts";
import { cloneAll, find, part, setAttribute, setShown, setText } from "./parts.ts";
import { RegionTable } from "./region_table.ts";
import { showInTab } from "./tab_sign.ts";
import { TimelineView } from "./timeline_view.ts";
import { type View, ViewSwitch } from "./view_switch.ts";

/** More running nodes than this make a crowd, in which signs stand still. */
const CROWD = 40;

/**
 * Between two drawings of a table of more than {@linkcode MANY} rows, in milliseconds. A change of
 * order makes the browser lay all of them out anew (about 20 ms of a core for 2,000), so drawing at
 * every frame would leave no time for the reader's own clicks.
 */
const PACE = 100;
const MANY = 300;

/** Durations are shown in seconds. */
const TICK = 1_000;

const VIEW_KEYS: Readonly<Record<string, View>> = { m: "map", l: "list", t: "timeline" };

/** Follows one flow in `main`, for as long as the page is open. */
export class FlowPage {
  readonly #main: HTMLElement;
  readonly #flowId: string;
  readonly #subscription: Subscription;
  readonly #connection: ConnectionView;
  readonly #summary: FlowSummaryView;
  readonly #filter: HTMLInputElement;
  readonly #map = new FlowCanvas();
  readonly #views: ViewSwitch;
  readonly #timeline: TimelineView;
  readonly #failures = new FailureNews(find(document, "#news"));
  readonly #tables = new Map<string, RegionTable>();
  readonly #rows = new RowCache();
  readonly #eta = new Eta();
  readonly #lineIds = new Map<string, string>();
  #looks: Looks = { filter: NO_FILTER, sorting: undefined };
  #frame: number | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** By the page's own clock, in milliseconds. */
  #drawnAt = 0;

  /** @param router where `/v1/flows` is */
  constructor(main: HTMLElement, router: URL, flowId: string) {
    this.#main = main;
    this.#flowId = flowId;
    main.replaceChildren(cloneAll("flow-page"));
    setText(part(main, "name"), flowId);
    this.#filter = part(main, "filter");
    this.#summary = new FlowSummaryView(main, (phase) => {
      const phases = new Set(this.#looks.filter.phases);
      if (!phases.delete(phase)) phases.add(phase);
      this.#look({ filter: { ...this.#looks.filter, phases } });
    });
    this.#connection = new ConnectionView(() => this.#subscription.retryNow());
    this.#timeline = new TimelineView(part(main, "timeline"));
    this.#views = new ViewSwitch(main, () => this.#look({}));
    this.#map.toggleAttribute("deep-link", true);
    this.#map.origin = { router, flowId, position: () => this.#subscription.position };
    this.#map.addEventListener("moment", () => this.#look({}));
    part(main, "map").append(this.#map);
    this.#listen();
    this.#subscription = subscribe({
      url: router,
      flowId,
      onState: () => this.#drawSoon(),
      onConnection: () => this.#drawSoon(),
    });
    setInterval(() => document.hidden ? this.#showInTab() : this.#drawSoon(), TICK);
    this.#draw();
  }

  #listen(): void {
    this.#filter.addEventListener("input", () => {
      this.#look({ filter: { ...this.#looks.filter, text: this.#filter.value } });
    });
    part(this.#main, "tools").addEventListener("submit", (event) => event.preventDefault());
    addEventListener("keydown", (event) => this.#onKey(event));
    this.#main.addEventListener("click", (event) => this.#onClick(event));
    // What the pause between attempts waits for may just have happened.
    addEventListener("online", () => this.#subscription.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.#subscription.retryNow();
      this.#drawSoon();
    });
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && event.target === this.#filter) this.#clearFilter();
    // Inside the map the target that is seen from here is the map itself.
    const [target] = event.composedPath();
    const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const view = VIEW_KEYS[event.key];
    if (view !== undefined) this.#views.go(view);
    else if (event.key === "n") this.#map.goLive();
    else if (event.key !== "/") return;
    else if (this.#views.view === "map") this.#map.search();
    else this.#filter.focus();
    event.preventDefault();
  }

  /** A link to a line that the filter hides must still lead there. */
  #onClick({ target }: MouseEvent): void {
    const key = target instanceof HTMLElement ? target.dataset["goto"] : undefined;
    if (key === undefined) return;
    const id = this.#lineId(key);
    if (document.getElementById(id) === null) {
      this.#clearFilter();
      this.#draw();
    }
    // The browser has yet to follow the link; the focus goes with it.
    document.getElementById(id)?.focus();
  }

  #clearFilter(): void {
    this.#filter.value = "";
    this.#look({ filter: NO_FILTER });
  }

  /** What the reader asks for comes with the next frame. */
  #look(looks: Partial<Looks>): void {
    this.#looks = { ...this.#looks, ...looks };
    this.#drawnAt = 0;
    this.#drawSoon();
  }

  /** At most one drawing a frame, however much arrives in between, and fewer when each costs much. */
  #drawSoon(): void {
    if (this.#frame !== undefined) return;
    const { size } = this.#subscription.state.nodes;
    const rest = this.#drawnAt + Math.max(PACE, size / 10) - performance.now();
    if (size <= MANY || rest <= 0) {
      this.#frame = requestAnimationFrame(() => this.#draw());
    } else this.#pause ??= setTimeout(() => this.#resume(), rest);
  }

  #resume(): void {
    this.#pause = undefined;
    this.#drawSoon();
  }

  #draw(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#drawnAt = performance.now();
    const { connection, position } = this.#subscription;
    this.#connection.update(connection, Date.now());
    const live = pictureTime(connection, Date.now());
    this.#map.phases = this.#looks.filter.phases;
    this.#map.show(this.#subscription.state, live);
    const { moment } = this.#map;
    const state = moment?.state ?? this.#subscription.state;
    const now = moment?.time ?? live;
    const { view } = this.#views;
    const board = boardOf(state, this.#looks, now, this.#rows);
    this.#summary.update(
      state.flow,
      board.counts,
      this.#looks.filter.phases,
      now,
      this.#eta.at(state, board.counts.failed, now),
    );
    if (view === "list") this.#drawTables(board, now);
    if (view === "timeline") this.#timeline.update(board, state.flow, now);
    const { filter } = this.#looks;
    setShown(part(this.#main, "sections"), view === "list");
    setShown(part(this.#main, "tools"), view === "list" && board.rows.length > 0);
    setShown(part(this.#main, "map"), view === "map" && board.rows.length > 0);
    setShown(part(this.#main, "timeline"), view === "timeline");
    setText(
      part(this.#main, "shown"),
      isFiltering(filter) ? `${board.shown} of ${board.counts.total}` : "",
    );
    setText(part(this.#main, "blank"), blankText(board, view, connection, position !== undefined));
    setAttribute(this.#main, "data-crowded", board.counts.running > CROWD ? "" : undefined);
    this.#main.dataset["seq"] = String(position?.seq ?? "");
    if (moment === undefined && position !== undefined) {
      // The map has a voice of its own.
      this.#failures.tell(board.rows, view !== "map");
    }
    showInTab(this.#flowId, board.counts);
  }

  #drawTables(board: Board, now: number): void {
    const { sorting } = this.#looks;
    const elements = board.sections.map((section) => {
      let table = this.#tables.get(section.region);
      if (table === undefined) {
        table = new RegionTable(
          (key) => this.#lineId(key),
          (column) => this.#look({ sorting: nextSorting(this.#looks.sorting, column) }),
        );
        this.#tables.set(section.region, table);
      }
      table.update(section, sorting, now);
      return table.element;
    });
    arrange(part(this.#main, "sections"), elements);
    const regions = new Set(board.sections.map(({ region }) => region));
    for (const region of this.#tables.keys()) {
      if (!regions.has(region)) this.#tables.delete(region);
    }
  }

  /** A hidden tab gets no frames, but its title is read. */
  #showInTab(): void {
    const { state } = this.#subscription;
    showInTab(this.#flowId, boardOf(state, this.#looks, Date.now(), this.#rows).counts);
  }

  // A node's key holds characters that no fragment should.
  #lineId(key: string): string {
    let id = this.#lineIds.get(key);
    if (id === undefined) this.#lineIds.set(key, id = `node-${this.#lineIds.size + 1}`);
    return id;
  }
}

function blankText(board: Board, view: View, connection: Connection, known: boolean): string {
  if (board.shown > 0 || (view === "map" && board.counts.total > 0)) return "";
  if (board.counts.total > 0) return "No node fits the filter.\nEsc in the filter clears it.";
  if (known) return "No nodes yet. They appear here as soon as they are reported.";
  return connection.state === "connecting" && connection.error === undefined
    ? "Connecting to the router…"
    : "";
}
