import type { Position } from "../../../client/session.ts";
import { subscribe, type Subscription } from "../../../client/subscribe.ts";
import { copyFlowState, type FlowState, snapshotOf } from "../../../contracts/fold.ts";
import { setAttribute, setText } from "../dom/parts.ts";
import { toDot, toMermaid } from "../graph/export_text.ts";
import { type FlowGraph, flowGraph, type GraphNode, sameStructure } from "../graph/flow_graph.ts";
import type { FlowHistory } from "../graph/history.ts";
import { criticalPath, type Neighbours, neighboursOf } from "../graph/reach.ts";
import { NODE_HEIGHT, NODE_WIDTH } from "../layout/geometry.ts";
import type { Layout } from "../layout/layout.ts";
import { failedKeys, failureNews } from "../view/failures.ts";
import { tookUntil } from "../view/node_row.ts";
import { type Phase, PHASE_NOUNS, PHASES } from "../view/phase.ts";
import { RowCache } from "../view/row_cache.ts";
import { type Camera, fit, pan, reveal, type Size, zoomAt } from "./camera.ts";
import type { Curve } from "./edge_path.ts";
import { button, element } from "./element.ts";
import { Layouter } from "./layouter.ts";
import { readLink, writeLink } from "./link_state.ts";
import { loadHistory } from "./load_history.ts";
import { type MapLooks, type Marks, marksOf } from "./marks.ts";
import { follow, Mirror } from "./mirror.ts";
import { curvesOf, paintAll, type Picture } from "./paint.ts";
import { type Palette, readPalette } from "./palette.ts";
import { Panel } from "./panel.ts";
import { toSvg } from "./picture_svg.ts";
import { STYLE } from "./style.ts";
import { Surface } from "./surface.ts";
import { type Moment, TimeBar } from "./time_bar.ts";

/** Up to so many nodes everything is painted anew when something changes. */
const SMALL = 300;
/** Least time between two paintings of everything beyond that, in milliseconds; it grows with them. */
const PACE = 400;
/** Between two breaths of the running nodes, in milliseconds: a slow swell needs no more. */
const BREATH = 50;
/** More running nodes than this make a crowd, in which none breathes. */
const CROWD = 120;
/** A view of less width, in pixels, is a phone's. */
const NARROW = 640;
/** At this zoom a phone's reader can read a node's name. */
const READABLE = 0.85;
/** After the last step of a zoom everything is painted sharp. */
const SETTLE = 140;

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

  readonly #root = this.attachShadow({ mode: "open" });
  readonly #map = element("canvas", { class: "map", "aria-hidden": "true" });
  readonly #mini = element("canvas", { class: "mini", "aria-hidden": "true" });
  readonly #pen = this.#map.getContext("2d", { alpha: false });
  readonly #surface = new Surface();
  readonly #stage = element("div", { class: "stage" });
  readonly #empty = element("p", { class: "empty" });
  readonly #news = element("p", { class: "unseen", role: "status", "aria-live": "polite" });
  readonly #search = element("input", {
    type: "search",
    "aria-label": "Search the map",
    placeholder: "Search",
    autocomplete: "off",
  });
  readonly #found = element("output");
  readonly #status = element("select", { "aria-label": "Status" });
  readonly #regionChoice = element("select", { "aria-label": "Region" });
  readonly #familyChoice = element("select", { "aria-label": "Family", class: "wide" });
  readonly #culpritsSwitch = button(
    "Culprits",
    "Culprits: draw failures forward (c)",
    () => this.#flip("c"),
  );
  readonly #pathSwitch = button("Critical path", "Critical path (p)", () => this.#flip("p"));
  readonly #zoomOut = button("−", "Zoom out (-)", () => this.#zoom(1 / 1.3));
  readonly #zoomIn = button("+", "Zoom in (+)", () => this.#zoom(1.3));
  readonly #export = element("select", { "aria-label": "Export", class: "wide" });
  readonly #mirror = new Mirror((key) => this.#onFocus(key), (key) => this.#choose(key));
  readonly #panel = new Panel((key) => this.#goTo(key), () => this.#choose(undefined));
  readonly #time = new TimeBar({
    load: () => this.#loadHistory(),
    show: (moment) => this.#showMoment(moment),
  });
  readonly #rows = new RowCache();
  readonly #layouter = new Layouter(FlowCanvas.script, (layout) => this.#onLayout(layout));
  readonly #folded = new Set<string>();

  #origin: Origin | undefined;
  #subscription: Subscription | undefined;
  #live: Readonly<FlowState> | undefined;
  #moment: FlowState | undefined;
  #now = Date.now();
  #graph: FlowGraph = { nodes: new Map(), edges: [], lanes: [] };
  /** What is being laid out, until it is. */
  #next: FlowGraph | undefined;
  #layout: Layout | undefined;
  #curves: ReadonlyMap<string, Curve> = new Map();
  #near: Neighbours = { before: new Map(), behind: new Map() };
  #marks: Marks = { forward: undefined, hits: [], filtering: false, blocked: new Set() };
  #palette: Palette | undefined;
  #phases: ReadonlySet<Phase> = new Set();
  #culprits = true;
  #path = false;
  #selected: string | undefined;
  #wanted: string | undefined;
  #failed: ReadonlySet<string> | undefined;
  #camera: Camera = { x: 0, y: 0, zoom: 1 };
  #view: Size = { width: 0, height: 0 };
  /** The whole map stays in view until the reader looks closer. */
  #fitted = true;
  #looked = false;
  #miniAt = 0;
  #movingUntil = 0;
  #paintedAt = 0;
  #paintTimer: number | undefined;
  #frame: number | undefined;
  #breath: number | undefined;
  #tick: number | undefined;
  #observer: ResizeObserver | undefined;

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    const bar = element("div", { class: "bar", role: "group", "aria-label": "Map" });
    fill(this.#status, "All statuses", PHASES.map((phase) => [phase, PHASE_NOUNS[phase]]));
    fill(this.#export, "Export…", ["PNG", "SVG", "Mermaid", "DOT", "JSON"].map((it) => [it, it]));
    bar.append(
      this.#search,
      this.#found,
      this.#status,
      this.#regionChoice,
      this.#familyChoice,
      element("span", { class: "room" }),
      this.#culpritsSwitch,
      this.#pathSwitch,
      this.#zoomOut,
      this.#zoomIn,
      button("Fit", "Fit the map (f)", () => this.#fit()),
      this.#export,
    );
    // Two fingers do it where there is no room for them.
    for (const wide of [this.#pathSwitch, this.#zoomOut, this.#zoomIn]) wide.className = "wide";
    this.#stage.append(
      this.#map,
      this.#mini,
      this.#empty,
      this.#mirror.element,
      this.#panel.element,
    );
    this.#root.append(bar, this.#stage, this.#time.element, this.#news);
    this.#listen();
  }

  /** The chosen moment of the past; absent while the map shows now. */
  get moment(): Moment | undefined {
    return this.#moment && { state: this.#moment, time: this.#now };
  }

  /** Puts the cursor into the search. */
  search(): void {
    this.#search.focus();
  }

  /** Only nodes of these phases stand out; none means all. */
  set phases(phases: ReadonlySet<Phase>) {
    if (phases.size === this.#phases.size && [...phases].every((it) => this.#phases.has(it))) {
      return;
    }
    this.#phases = phases;
    this.#refresh();
  }

  /** Lets the time bar fetch what came before. */
  set origin(origin: Origin) {
    this.#origin = origin;
  }

  connectedCallback(): void {
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(this.#stage);
    this.#tick = setInterval(() => this.#onTick(), 1_000);
    this.#readLink();
    this.#follow();
  }

  disconnectedCallback(): void {
    this.#observer?.disconnect();
    clearInterval(this.#tick);
    this.#subscription?.close();
    this.#subscription = undefined;
    this.#layouter.close();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#follow();
  }

  /** Shows a state. Cheap when little has changed; call it as often as frames are drawn. */
  show(state: Readonly<FlowState>, now: number): void {
    this.#live = state;
    if (this.#moment !== undefined) return;
    const second = Math.floor(now / 1_000) !== Math.floor(this.#now / 1_000);
    this.#now = now;
    this.#draw(state);
    if (second) this.#refreshTimes();
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
      onState: (state) => this.show(state, Date.now()),
      onConnection: ({ state }) => this.dataset["connection"] = state,
    });
    this.#subscription = subscription;
    this.#origin = { router, flowId, position: () => subscription.position };
  }

  #draw(state: Readonly<FlowState>): void {
    const graph = flowGraph(state, this.#folded, this.#rows);
    const same = this.#layout !== undefined && sameStructure(graph, this.#graph);
    if (!same && (this.#next === undefined || !sameStructure(graph, this.#next))) {
      this.#next = graph;
      this.#layouter.request({
        nodes: [...graph.nodes.values()].map(({ key, lane }) => ({ key, lane })),
        edges: graph.edges.map(({ from, to }) => ({ from, to })),
        lanes: graph.lanes.map(({ key }) => key),
      }, this.#layout);
      return;
    }
    if (!same) {
      this.#next = graph;
      return;
    }
    this.#next = undefined;
    this.#take(graph);
  }

  #onLayout(layout: Layout): void {
    const graph = this.#next;
    if (graph === undefined) return;
    this.#next = undefined;
    this.#layout = layout;
    this.#curves = curvesOf(layout);
    this.#near = neighboursOf(graph);
    this.#surface.invalidate();
    this.#graph = { nodes: new Map(), edges: [], lanes: [] };
    this.#take(graph);
    if (this.#fitted) this.#fit();
    this.#lookClose();
    if (this.#wanted !== undefined && graph.nodes.has(this.#wanted)) {
      this.#goTo(this.#wanted);
      this.#wanted = undefined;
    }
  }

  /** The graph has the structure of the layout: only what its nodes say is new. */
  #take(graph: FlowGraph): void {
    const before = this.#graph;
    this.#graph = graph;
    const regrouped = before.nodes.size !== graph.nodes.size;
    const marked = this.#mark();
    const changed = [...graph.nodes.values()].filter(({ key, row }) =>
      before.nodes.get(key)?.row !== row
    );
    if (regrouped || marked) this.#fillChoices();
    if (changed.length === 0 && !marked && !regrouped) return;
    const picture = this.#picture();
    if (regrouped || graph.nodes.size <= SMALL) this.#surface.invalidate();
    else {
      if (picture !== undefined) {
        for (const node of changed) this.#surface.repaint(picture, node);
      }
      this.#paintLater();
    }
    this.#announce();
    this.#updateDom();
    this.#drawSoon();
  }

  /** @returns whether other nodes stand out than before */
  #mark(): boolean {
    const looks: MapLooks = {
      filter: {
        text: this.#search.value,
        phases: this.#status.value === "" ? this.#phases : new Set([this.#status.value as Phase]),
      },
      region: this.#regionChoice.value || undefined,
      family: this.#familyChoice.value || undefined,
      culprits: this.#culprits,
      path: this.#path
        ? criticalPath(this.#graph, this.#near, (key) => {
          const row = this.#graph.nodes.get(key)?.row;
          return (row && tookUntil(row, this.#now)) || 1;
        })
        : [],
    };
    const before = this.#marks;
    this.#marks = marksOf(this.#graph, this.#near, looks);
    return !sameSet(before.forward, this.#marks.forward) ||
      !sameSet(before.blocked, this.#marks.blocked);
  }

  /** Another filter or switch. */
  #refresh(): void {
    this.#mark();
    setAttribute(this.#culpritsSwitch, "aria-pressed", String(this.#culprits));
    setAttribute(this.#pathSwitch, "aria-pressed", String(this.#path));
    this.#surface.invalidate();
    this.#updateDom();
    this.#drawSoon();
    this.#writeLink();
  }

  #updateDom(): void {
    const layout = this.#layout;
    if (layout === undefined) return;
    const { nodes } = this.#graph;
    const { hits, filtering } = this.#marks;
    setText(this.#found, filtering ? `${hits.length} of ${nodes.size}` : "");
    setText(this.#empty, nodes.size === 0 ? "No nodes yet" : "");
    this.#mirror.update(
      this.#graph,
      layout,
      this.#near,
      this.#selected,
      (key) => this.#isHidden(key),
    );
    this.#updatePanel();
  }

  #updatePanel(): void {
    const node = this.#graph.nodes.get(this.#selected ?? "");
    this.#panel.update(node, this.#graph, this.#near, this.#now);
  }

  #isHidden(key: string): boolean {
    return this.#marks.filtering && this.#marks.forward?.has(key) === false;
  }

  #announce(): void {
    const rows = [...this.#graph.nodes.values()].map(({ row }) => row);
    const news = this.#failed && failureNews(this.#failed, rows);
    if (news !== undefined && this.#moment === undefined) setText(this.#news, news);
    this.#failed = failedKeys(rows);
  }

  #fillChoices(): void {
    const nodes = [...this.#graph.nodes.values()];
    const names = (values: (string | undefined)[]) =>
      [...new Set(values.filter((it): it is string => Boolean(it)))].sort()
        .map((name): [string, string] => [name, name]);
    fill(this.#regionChoice, "All regions", names(nodes.map(({ row }) => row.region)));
    fill(this.#familyChoice, "All families", names(nodes.map(({ node }) => node?.family)));
  }

  #picture(): Omit<Picture, "zoom"> | undefined {
    const layout = this.#layout;
    if (layout === undefined || this.#pen === null) return undefined;
    this.#palette ??= readPalette(this, this.#pen);
    const palette = this.#palette;
    const [graph, marks, curves] = [this.#graph, this.#marks, this.#curves];
    return { graph, layout, marks, palette, curves, now: this.#now };
  }

  #paintLater(): void {
    const nodes = this.#graph.nodes.size;
    this.#paintTimer ??= setTimeout(() => {
      this.#paintTimer = undefined;
      this.#surface.invalidate();
      this.#drawSoon();
    }, Math.max(0, this.#paintedAt + Math.max(PACE, nodes / 5) - performance.now()));
    this.#paintedAt = performance.now();
  }

  #drawSoon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#drawFrame();
    });
  }

  #drawFrame(): void {
    const pen = this.#pen;
    const picture = this.#picture();
    if (pen === null || picture === undefined || this.#view.width === 0) return;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [this.#view.width, this.#view.height].map((it) =>
      Math.round(it * ratio)
    );
    if (this.#map.width !== width) this.#map.width = width ?? 0;
    if (this.#map.height !== height) this.#map.height = height ?? 0;
    const moving = performance.now() < this.#movingUntil && this.#graph.nodes.size > SMALL;
    this.#surface.show(pen, picture, this.#camera, this.#view, ratio, moving);
    const scale = this.#camera.zoom * ratio;
    pen.setTransform(scale, 0, 0, scale, -this.#camera.x * scale, -this.#camera.y * scale);
    this.#drawRings(pen, picture);
    this.#drawMini(picture);
    this.dataset["frames"] = String(Number(this.dataset["frames"] ?? 0) + 1);
  }

  /** What moves or follows the reader, over the still picture. */
  #drawRings(pen: CanvasRenderingContext2D, { palette, layout }: Omit<Picture, "zoom">): void {
    const ring = (key: string, gap: number, width: number, colour: string, alpha: number) => {
      const place = layout.nodes.get(key);
      if (place === undefined) return;
      pen.globalAlpha = alpha;
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.roundRect(
        place.x - gap,
        place.y - NODE_HEIGHT / 2 - gap,
        NODE_WIDTH + 2 * gap,
        NODE_HEIGHT + 2 * gap,
        10 + gap,
      );
      pen.stroke();
    };
    const running = [...this.#graph.nodes.values()].filter(({ row }) => row.phase === "running");
    const calm = running.length > CROWD || this.#moment !== undefined || document.hidden ||
      matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!calm && running.length > 0) {
      const swell = (1 + Math.sin(performance.now() / 420)) / 2;
      for (const { key } of running) {
        const shown = this.#marks.forward?.has(key) ?? true;
        ring(key, 2 + 3 * swell, 3, palette.running, (shown ? 0.5 : 0.22) * (1 - 0.55 * swell));
      }
      this.#breath ??= setTimeout(() => {
        this.#breath = undefined;
        this.#drawSoon();
      }, BREATH);
    }
    this.toggleAttribute("data-breathing", !calm && running.length > 0);
    if (this.#marks.filtering && this.#marks.hits.length < 60) {
      for (const key of this.#marks.hits) ring(key, 3, 2, palette.warn, 0.9);
    }
    if (this.#selected !== undefined) ring(this.#selected, 4, 3, palette.focus, 1);
    const focused = this.#mirror.focused;
    if (focused !== undefined && focused !== this.#selected) {
      ring(focused, 4, 2, palette.text, 0.9);
    }
    pen.globalAlpha = 1;
  }

  #drawMini({ layout, palette }: Omit<Picture, "zoom">): void {
    const pen = this.#mini.getContext("2d");
    const seen = this.#view.width / this.#camera.zoom;
    const all = seen >= layout.width && this.#view.height / this.#camera.zoom >= layout.height;
    this.#mini.hidden = all || this.#selected !== undefined;
    if (pen === null || this.#mini.hidden) return;
    // Its frame may lag behind a pan a little: drawing thousands of boxes a frame would slow it down.
    const busy = this.#graph.nodes.size > SMALL && performance.now() < this.#miniAt + PACE;
    if (busy) return;
    this.#miniAt = performance.now();
    const scale = Math.min(180 / layout.width, 110 / layout.height);
    const size = [layout.width, layout.height].map((it) => Math.max(8, Math.ceil(it * scale)));
    if (this.#mini.width !== size[0]) this.#mini.width = size[0] ?? 0;
    if (this.#mini.height !== size[1]) this.#mini.height = size[1] ?? 0;
    pen.clearRect(0, 0, this.#mini.width, this.#mini.height);
    for (const { key, row } of this.#graph.nodes.values()) {
      const place = layout.nodes.get(key);
      if (place === undefined) continue;
      pen.fillStyle = palette[row.phase];
      const width = Math.max(1.5, NODE_WIDTH * scale), height = Math.max(1, NODE_HEIGHT * scale);
      pen.fillRect(place.x * scale, place.y * scale - height / 2, width, height);
    }
    pen.strokeStyle = palette.text;
    pen.strokeRect(
      this.#camera.x * scale,
      this.#camera.y * scale,
      seen * scale,
      this.#view.height / this.#camera.zoom * scale,
    );
  }

  #resize(): void {
    const { width, height } = this.#stage.getBoundingClientRect();
    this.#view = { width: Math.floor(width), height: Math.floor(height) };
    this.#surface.invalidate();
    if (this.#fitted) this.#fit();
    this.#lookClose();
    this.#drawSoon();
  }

  #onTick(): void {
    if (document.hidden || this.#moment !== undefined || this.#subscription === undefined) return;
    const { connection } = this.#subscription;
    if (connection.state === "stale") return;
    this.#now = Date.now();
    this.#refreshTimes();
  }

  #refreshTimes(): void {
    const picture = this.#picture();
    if (picture === undefined) return;
    for (const node of this.#graph.nodes.values()) {
      if (node.row.phase === "running") this.#surface.repaint(picture, node);
    }
    this.#updatePanel();
    this.#drawSoon();
  }

  #fit(): void {
    if (this.#layout === undefined || this.#view.width === 0) return;
    this.#fitted = true;
    this.#camera = fit(this.#layout, this.#view);
    this.#drawSoon();
  }

  /** On a small screen the first look is at what matters, large enough to be read. */
  #lookClose(): void {
    const { nodes } = this.#graph;
    if (this.#looked || nodes.size === 0 || this.#view.width === 0) return;
    this.#looked = true;
    if (this.#view.width > NARROW || this.#camera.zoom > READABLE) return;
    const rows = [...nodes.values()];
    const first = rows.find(({ row }) => row.phase === "failed") ??
      rows.find(({ row }) => row.phase === "running") ?? rows[0];
    const place = this.#layout?.nodes.get(first?.key ?? "");
    if (place === undefined) return;
    this.#fitted = false;
    const { width, height } = this.#view;
    this.#camera = {
      zoom: READABLE,
      x: place.x + NODE_WIDTH / 2 - width / READABLE / 2,
      y: place.y - height / READABLE / 2,
    };
  }

  #zoom(factor: number, x = this.#view.width / 2, y = this.#view.height / 2): void {
    this.#fitted = false;
    this.#camera = zoomAt(this.#camera, factor, x, y);
    this.#movingUntil = performance.now() + SETTLE;
    setTimeout(() => this.#drawSoon(), SETTLE + 20);
    this.#drawSoon();
  }

  #pan(dx: number, dy: number): void {
    this.#fitted = false;
    this.#camera = pan(this.#camera, dx, dy);
    this.#drawSoon();
  }

  #onFocus(key: string): void {
    this.#reveal(key);
  }

  #reveal(key: string): void {
    const place = this.#layout?.nodes.get(key);
    if (place === undefined) return;
    const camera = reveal(this.#camera, this.#view, place.x + NODE_WIDTH / 2, place.y);
    if (camera.x !== this.#camera.x || camera.y !== this.#camera.y) this.#fitted = false;
    this.#camera = camera;
    this.#drawSoon();
  }

  #choose(key: string | undefined): void {
    const before = this.#selected;
    this.#selected = key === before ? undefined : key;
    this.#updateDom();
    if (this.#selected === undefined && before !== undefined) this.#mirror.focus(before);
    this.#drawSoon();
    this.#writeLink();
  }

  #goTo(key: string): void {
    this.#selected = key;
    this.#reveal(key);
    this.#updateDom();
    this.#mirror.focus(key);
    this.#writeLink();
  }

  #flip(key: string): void {
    if (key === "c") this.#culprits = !this.#culprits;
    if (key === "p") this.#path = !this.#path;
    this.#refresh();
  }

  #toggleFold(key: string): void {
    if (!this.#folded.delete(key)) this.#folded.add(key);
    const state = this.#moment ?? this.#live;
    if (state !== undefined) this.#draw(state);
  }

  #listen(): void {
    this.#search.addEventListener("input", () => this.#refresh());
    this.#search.addEventListener("keydown", (event) => {
      const [hit] = this.#marks.hits;
      if (event.key === "Enter" && hit !== undefined) {
        // The focus moves to the node's button, which must not take this key for a click.
        event.preventDefault();
        this.#goTo(hit);
      }
      if (event.key === "Escape") this.#search.value = "", this.#refresh();
      event.stopPropagation();
    });
    for (const choice of [this.#status, this.#regionChoice, this.#familyChoice]) {
      choice.addEventListener("change", () => this.#refresh());
    }
    this.#export.addEventListener("change", () => {
      const format = this.#export.value;
      this.#export.value = "";
      this.#save(format);
    });
    this.#stage.addEventListener("keydown", (event) => this.#onKey(event));
    this.#map.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.#zoom(Math.exp(-event.deltaY / 500), event.offsetX, event.offsetY);
    }, { passive: false });
    this.#map.addEventListener("dblclick", ({ offsetX, offsetY }) => {
      const group = this.#groupAt(offsetX, offsetY);
      if (group !== undefined) this.#toggleFold(group);
    });
    this.#mini.addEventListener("pointerdown", ({ offsetX, offsetY }) => {
      if (this.#layout === undefined) return;
      const scale = this.#mini.width / this.#layout.width;
      this.#fitted = false;
      this.#camera = {
        ...this.#camera,
        x: offsetX / scale - this.#view.width / this.#camera.zoom / 2,
        y: offsetY / scale - this.#view.height / this.#camera.zoom / 2,
      };
      this.#drawSoon();
    });
    this.#mirror.element.addEventListener("focusout", () => this.#drawSoon());
    this.#listenToPointers();
    const recolour = () => {
      this.#palette = undefined;
      this.#surface.invalidate();
      this.#drawSoon();
    };
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", recolour);
    matchMedia("(prefers-reduced-motion: reduce)").addEventListener("change", recolour);
    setAttribute(this.#culpritsSwitch, "aria-pressed", "true");
    setAttribute(this.#pathSwitch, "aria-pressed", "false");
  }

  /** One finger or the mouse pans, two pinch, a short press chooses. */
  #listenToPointers(): void {
    const down = new Map<number, { x: number; y: number }>();
    let moved = 0;
    this.#map.addEventListener("pointerdown", (event) => {
      this.#map.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      if (down.size === 1) moved = 0;
    });
    this.#map.addEventListener("pointermove", (event) => {
      const from = down.get(event.pointerId);
      if (from === undefined) return;
      const to = { x: event.offsetX, y: event.offsetY };
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other !== undefined) {
        const span = (it: { x: number; y: number }) => Math.hypot(it.x - other.x, it.y - other.y);
        this.#zoom(span(to) / Math.max(1, span(from)), other.x, other.y);
        moved = Infinity;
      } else {
        moved += Math.abs(to.x - from.x) + Math.abs(to.y - from.y);
        if (moved > 4) this.#pan(to.x - from.x, to.y - from.y);
      }
      down.set(event.pointerId, to);
    });
    const up = (event: PointerEvent) => {
      if (!down.delete(event.pointerId) || moved > 4 || event.type === "pointercancel") return;
      const hit = this.#nodeAt(event.offsetX, event.offsetY);
      if (hit !== undefined) this.#goTo(hit.key);
      else if (this.#selected !== undefined) this.#choose(undefined);
    };
    this.#map.addEventListener("pointerup", up);
    this.#map.addEventListener("pointercancel", up);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const focused = this.#mirror.focused;
    if (event.key.startsWith("Arrow") && this.#layout !== undefined && focused !== undefined) {
      const next = follow(
        focused,
        event.key,
        this.#layout,
        this.#near,
        (key) => this.#isHidden(key),
      );
      if (next !== undefined) this.#mirror.focus(next);
      event.preventDefault();
      return;
    }
    const acts: Record<string, () => void> = {
      "+": () => this.#zoom(1.3),
      "=": () => this.#zoom(1.3),
      "-": () => this.#zoom(1 / 1.3),
      f: () => this.#fit(),
      c: () => this.#flip("c"),
      p: () => this.#flip("p"),
      " ": () => focused !== undefined && this.#toggleGroupOf(focused),
      Escape: () => this.#selected !== undefined && this.#choose(undefined),
    };
    const act = acts[event.key];
    if (act === undefined || event.target instanceof HTMLSelectElement) return;
    if (event.key === " " && !this.#isGrouped(focused)) return;
    act();
    event.preventDefault();
  }

  #isGrouped(key: string | undefined): boolean {
    const node = this.#graph.nodes.get(key ?? "");
    return node !== undefined && (node.folds > 0 || this.#groupOf(node) !== undefined);
  }

  #groupOf({ lane }: GraphNode): string | undefined {
    return this.#graph.lanes.find(({ key }) => key === lane)?.group;
  }

  /** Unfolds the group that `key` stands for, or folds the one that it is in. */
  #toggleGroupOf(key: string): void {
    const node = this.#graph.nodes.get(key);
    const group = node === undefined ? undefined : node.folds > 0 ? key : this.#groupOf(node);
    if (group !== undefined) this.#toggleFold(group);
  }

  #nodeAt(x: number, y: number): GraphNode | undefined {
    const at = [this.#camera.x + x / this.#camera.zoom, this.#camera.y + y / this.#camera.zoom];
    for (const place of this.#layout?.nodes.values() ?? []) {
      const [dx, dy] = [(at[0] ?? 0) - place.x, (at[1] ?? 0) - place.y];
      if (dx >= 0 && dx <= NODE_WIDTH && Math.abs(dy) <= NODE_HEIGHT / 2) {
        return this.#graph.nodes.get(place.key);
      }
    }
    return undefined;
  }

  /** A folded group's box, or the heading of an unfolded one. */
  #groupAt(x: number, y: number): string | undefined {
    const node = this.#nodeAt(x, y);
    if (node !== undefined) return node.folds > 0 ? node.key : undefined;
    const at = this.#camera.y + y / this.#camera.zoom;
    const lane = this.#layout?.lanes.find((it) => at >= it.y && at <= it.y + it.height);
    return this.#graph.lanes.find(({ key }) => key === lane?.key)?.group;
  }

  async #loadHistory(): Promise<FlowHistory | undefined> {
    const position = this.#origin?.position();
    if (this.#origin === undefined || position === undefined) return undefined;
    return await loadHistory(this.#origin.router, this.#origin.flowId, position);
  }

  #showMoment(moment: Moment | undefined): void {
    this.#moment = moment?.state;
    this.toggleAttribute("data-past", moment !== undefined);
    this.#now = moment?.time ?? Date.now();
    const state = this.#moment ?? this.#live;
    this.#surface.invalidate();
    if (state !== undefined) this.#draw(state);
    this.#updateDom();
    this.#writeLink();
    this.dispatchEvent(new CustomEvent("moment", { detail: moment }));
  }

  /** Back to now. */
  goLive(): void {
    this.#time.goLive();
  }

  #readLink(): void {
    if (!this.hasAttribute("deep-link")) return;
    const link = readLink(location.hash);
    this.#wanted = link.node;
    this.#search.value = link.q ?? "";
    this.#status.value = link.status ?? "";
    // A choice exists once a node has it.
    for (
      const [choice, value] of [
        [this.#regionChoice, link.region],
        [this.#familyChoice, link.family],
      ] as const
    ) {
      if (value !== undefined) fill(choice, "", [[value, value]], value);
    }
    if (link.t !== undefined) this.#time.goTo(Number(link.t));
  }

  #writeLink(): void {
    if (!this.hasAttribute("deep-link")) return;
    const hash = writeLink({
      node: this.#wanted ?? this.#selected,
      q: this.#search.value,
      status: this.#status.value,
      region: this.#regionChoice.value,
      family: this.#familyChoice.value,
      t: this.#moment === undefined ? undefined : String(Math.round(this.#now)),
    });
    history.replaceState(null, "", `${location.pathname}${location.search}${hash && `#${hash}`}`);
  }

  /** The map in a format, as a file's content. */
  async exportAs(format: string): Promise<Blob> {
    const picture = this.#picture();
    const state = this.#moment ?? this.#live;
    if (picture === undefined || state === undefined) throw new Error("there is no map yet");
    const text = (content: string, type: string) => new Blob([content], { type });
    switch (format) {
      case "SVG":
        return text(toSvg({ ...picture, zoom: 1 }), "image/svg+xml");
      case "Mermaid":
        return text(toMermaid(this.#graph), "text/plain");
      case "DOT":
        return text(toDot(this.#graph), "text/vnd.graphviz");
      case "JSON":
        return text(JSON.stringify(snapshotOf(copyFlowState(state)), null, 2), "application/json");
      default:
        return await pictureBlob(picture);
    }
  }

  async #save(format: string): Promise<void> {
    const types: Record<string, string> = { Mermaid: "mmd", DOT: "dot" };
    const address = URL.createObjectURL(await this.exportAs(format));
    const name = `${this.#live?.flowId ?? "flow"}.${types[format] ?? format.toLowerCase()}`;
    element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
}

/** Widest or highest picture that browsers give, in pixels. */
const MAX_PICTURE = 8_192;

function pictureBlob(picture: Omit<Picture, "zoom">): Promise<Blob> {
  const { width, height } = picture.layout;
  const margin = 16;
  const scale = Math.min(2, MAX_PICTURE / (Math.max(width, height) + 2 * margin));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil((width + 2 * margin) * scale);
  canvas.height = Math.ceil((height + 2 * margin) * scale);
  const pen = canvas.getContext("2d");
  if (pen === null) return Promise.reject(new Error("no canvas of this size can be had"));
  pen.fillStyle = picture.palette.page;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(scale, 0, 0, scale, margin * scale, margin * scale);
  paintAll(pen, { ...picture, zoom: 1 }, { x: 0, y: 0, width, height });
  const made = Promise.withResolvers<Blob>();
  canvas.toBlob((blob) =>
    blob === null ? made.reject(new Error("the picture is too large")) : made.resolve(blob)
  );
  return made.promise;
}

/** Gives a choice its options, and leaves what is chosen chosen. */
function fill(
  choice: HTMLSelectElement,
  all: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen = choice.value,
): void {
  const told = JSON.stringify(options);
  if (choice.dataset["options"] === told) return;
  choice.dataset["options"] = told;
  const wanted = chosen !== "" && !options.some(([value]) => value === chosen)
    ? [...options, [chosen, chosen] as const]
    : options;
  choice.replaceChildren(
    element("option", { value: "" }, all),
    ...wanted.map(([value, text]) => element("option", { value }, text)),
  );
  choice.value = chosen;
}

function sameSet(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.size === b.size &&
    [...a].every((key) => b.has(key)));
}

/** Makes `<flow-canvas>` known, once. */
export function defineFlowCanvas(): void {
  if (customElements.get("flow-canvas") === undefined) {
    customElements.define("flow-canvas", FlowCanvas);
  }
}
