import type { FlowState } from "../../../contracts/fold.ts";
import { FailureNews } from "../dom/failure_news.ts";
import { setText } from "../dom/parts.ts";
import type { FlowHistory } from "../graph/history.ts";
import type { Phase } from "../view/phase.ts";
import { element } from "./element.ts";
import { exportFile, type ExportFormat, EXPORTS, saveFile } from "./export_file.ts";
import { firstLook } from "./first_look.ts";
import { listenToGestures } from "./gestures.ts";
import { groupAt, groupOf, nodeAt } from "./hit.ts";
import { Layouter } from "./layouter.ts";
import type { LinkState } from "./link_state.ts";
import { follow, Mirror } from "./mirror.ts";
import { Panel } from "./panel.ts";
import type { Picture } from "./picture.ts";
import { Scene, type SceneChange } from "./scene.ts";
import { type Frame, Screen } from "./screen.ts";
import { type Moment, TimeBar } from "./time_bar.ts";
import { Toolbar } from "./toolbar.ts";
import { Viewport } from "./viewport.ts";

const SECOND = 1_000;

export interface MapViewOptions {
  /** Its tokens colour the map; attributes of it say what the map does. */
  readonly host: HTMLElement;
  /** The address of the layout worker's program. */
  readonly script: string;
  /** Fetches what has been; undefined while there is nothing. */
  loadHistory(): Promise<FlowHistory | undefined>;
  /** Another node, filter or moment is chosen. */
  onLook(): void;
  /** Another moment than before is shown; undefined is now. */
  onMoment(moment: Moment | undefined): void;
}

/** What the reader sees of a flow's map, and does with it. */
export class MapView {
  /** In this order, for the host to append. */
  readonly elements: readonly HTMLElement[];
  readonly #options: MapViewOptions;
  readonly #stage = element("div", { class: "stage" });
  readonly #empty = element("p", { class: "empty" });
  readonly #news = element("p", { class: "unseen", role: "status", "aria-live": "polite" });
  readonly #failures = new FailureNews(this.#news);
  readonly #viewport = new Viewport();
  readonly #screen: Screen;
  readonly toolbar = new Toolbar({
    look: () => this.#look(),
    goToHit: () => {
      const [hit] = this.#scene.marks.hits;
      if (hit !== undefined) this.#goTo(hit);
    },
    zoom: (factor) => this.#zoom(factor),
    fit: () => this.#fit(),
    save: (format) => this.#save(format),
  });
  readonly #mirror = new Mirror((key) => this.#reveal(key), (key) => this.#choose(key));
  readonly #panel = new Panel((key) => this.#goTo(key), () => this.#choose(undefined));
  readonly time = new TimeBar({
    load: () => this.#options.loadHistory(),
    show: (moment) => this.#showMoment(moment),
  });
  readonly #layouter: Layouter;
  readonly #scene: Scene;
  readonly #observer = new ResizeObserver(() => this.#resize());

  #live: Readonly<FlowState> | undefined;
  #moment: FlowState | undefined;
  #now = Date.now();
  #phases: ReadonlySet<Phase> = new Set();
  #selected: string | undefined;
  /** The node that a link names, until it is there. */
  #wanted: string | undefined;
  #looked = false;

  constructor(options: MapViewOptions) {
    this.#options = options;
    this.#screen = new Screen(options.host, this.#viewport, () => this.#frame());
    this.#layouter = new Layouter(options.script, (layout) => this.#scene.lay(layout));
    this.#scene = new Scene(
      this.#layouter,
      (change) => this.#onChange(change),
      // Once the reader looks closer nothing moves any more.
      () => this.#viewport.isFitted ? this.#viewport.size : undefined,
    );
    this.#stage.append(
      this.#screen.map,
      this.#screen.mini.element,
      this.#empty,
      this.#mirror.element,
      this.#panel.element,
    );
    this.elements = [this.toolbar.element, this.#stage, this.time.element, this.#news];
    this.#listen();
  }

  /** The chosen moment of the past; absent while the map shows now. */
  get moment(): Moment | undefined {
    return this.#moment && { state: this.#moment, time: this.#now };
  }

  /** What of it a link carries. */
  get link(): LinkState {
    return {
      ...this.toolbar.link,
      node: this.#wanted ?? this.#selected,
      t: this.#moment === undefined ? undefined : String(Math.round(this.#now)),
    };
  }

  set link(link: LinkState) {
    this.#wanted = link.node;
    this.toolbar.link = link;
    this.#scene.look(this.toolbar.looks(this.#phases));
    if (link.t !== undefined) this.time.goTo(Number(link.t));
  }

  /** Only nodes of these phases stand out; none means all. */
  set phases(phases: ReadonlySet<Phase>) {
    if (phases.symmetricDifference(this.#phases).size === 0) return;
    this.#phases = phases;
    this.#look();
  }

  /** Shows a state. Cheap when little has changed; call it as often as frames are drawn. */
  show(state: Readonly<FlowState>, now: number): void {
    this.#live = state;
    if (this.#moment !== undefined) return;
    const second = Math.floor(now / SECOND) !== Math.floor(this.#now / SECOND);
    this.#now = now;
    this.#scene.show(state, now);
    if (second) this.#refreshTimes();
  }

  /**
   * The map in a format, as a file's content.
   *
   * @throws {Error} when there is no map yet
   */
  async exportAs(format: ExportFormat): Promise<Blob> {
    const picture = this.#picture();
    const state = this.#moment ?? this.#live;
    if (picture === undefined || state === undefined) throw new Error("there is no map yet");
    return await exportFile(format, picture, state);
  }

  /** Durations go on, also when nothing is heard. */
  tick(now: number): void {
    if (this.#moment !== undefined) return;
    this.#now = now;
    this.#refreshTimes();
  }

  open(): void {
    this.#observer.observe(this.#stage);
  }

  close(): void {
    this.#observer.disconnect();
    this.#layouter.close();
  }

  #onChange({ laidOut, marked, changed, labelled = false }: SceneChange): void {
    const { graph, layout } = this.#scene;
    const picture = this.#picture();
    if (layout === undefined || picture === undefined) return;
    if (laidOut) this.#viewport.setMap(layout);
    if (laidOut || labelled) this.#screen.repaintAll();
    else this.#screen.repaint(picture, changed);
    if (this.#moment === undefined) {
      this.#failures.tell([...graph.nodes.values()].map(({ row }) => row));
    }
    this.#updateDom(laidOut || marked);
    if (laidOut) this.#lookClose();
    this.#seek();
  }

  /** Goes to the node that a link names, once it is there to be seen. */
  #seek(): void {
    const wanted = this.#wanted;
    if (wanted === undefined || this.#viewport.isEmpty) return;
    if (!this.#scene.graph.nodes.has(wanted)) return;
    this.#wanted = undefined;
    this.#goTo(wanted);
  }

  #look(): void {
    this.#scene.look(this.toolbar.looks(this.#phases));
    this.#screen.repaintAll();
    this.#updateDom(false);
    this.#options.onLook();
  }

  #updateDom(choices: boolean): void {
    const { graph, layout, near, marks } = this.#scene;
    if (layout === undefined) return;
    this.toolbar.update(graph, marks, choices);
    setText(this.#empty, graph.nodes.size === 0 ? "No nodes yet" : "");
    const isHidden = (key: string) => this.#scene.isHidden(key);
    this.#mirror.update(graph, layout, near, this.#selected, isHidden);
    this.#updatePanel();
  }

  #updatePanel(): void {
    const { graph, near } = this.#scene;
    this.#panel.update(graph.nodes.get(this.#selected ?? ""), graph, near, this.#now);
  }

  #picture(): Picture | undefined {
    const { graph, layout, shapes, marks } = this.#scene;
    const { palette } = this.#screen;
    return layout && palette && { graph, layout, marks, palette, shapes, now: this.#now };
  }

  #frame(): Frame | undefined {
    const [picture, selected, { focused }] = [this.#picture(), this.#selected, this.#mirror];
    return picture && { picture, selected, focused, still: this.#moment !== undefined };
  }

  #resize(): void {
    const { width, height } = this.#stage.getBoundingClientRect();
    this.#viewport.resize({ width: Math.floor(width), height: Math.floor(height) });
    this.#scene.fill();
    this.#lookClose();
    this.#seek();
    this.#screen.drawSoon();
  }

  #refreshTimes(): void {
    const picture = this.#picture();
    if (picture === undefined) return;
    const running = [...picture.graph.nodes.values()].filter(({ row }) => row.phase === "running");
    this.#screen.touch(picture, running);
    this.#updatePanel();
  }

  #fit(): void {
    this.#viewport.fit();
    this.#scene.fill();
    this.#screen.drawSoon();
  }

  #zoom(factor: number, x?: number, y?: number): void {
    this.#viewport.zoom(factor, x, y);
    this.#screen.zooming();
  }

  #lookClose(): void {
    const { graph, layout } = this.#scene;
    if (this.#looked || graph.nodes.size === 0 || this.#viewport.isEmpty) return;
    this.#looked = true;
    const look = layout && firstLook(graph, layout, this.#viewport);
    if (look !== undefined) this.#viewport.centre(look.x, look.y, look.zoom);
  }

  #reveal(key: string): void {
    const { layout } = this.#scene;
    const place = layout?.nodes.get(key);
    if (layout === undefined || place === undefined) return;
    const covered = this.#panel.covers(this.#viewport.size);
    this.#viewport.reveal(place.x + layout.spacing.nodeWidth / 2, place.y, covered);
    this.#screen.drawSoon();
  }

  /** Chooses a node; the chosen one again, or none, is no longer chosen. */
  #choose(key: string | undefined): void {
    const before = this.#selected;
    this.#selected = key === before ? undefined : key;
    this.#updateDom(false);
    if (this.#selected === undefined && before !== undefined) this.#mirror.focus(before);
    this.#screen.drawSoon();
    this.#options.onLook();
  }

  #goTo(key: string): void {
    this.#selected = key;
    this.#updateDom(false);
    this.#reveal(key);
    this.#mirror.focus(key);
    this.#options.onLook();
  }

  #toggleFold(group: string): void {
    this.#scene.toggleFold(group);
    const state = this.#moment ?? this.#live;
    if (state !== undefined) this.#scene.show(state, this.#now);
  }

  #listen(): void {
    this.#stage.addEventListener("keydown", (event) => this.#onKey(event));
    this.#mirror.element.addEventListener("focusout", () => this.#screen.drawSoon());
    listenToGestures(this.#screen.map, {
      pan: (dx, dy) => {
        this.#viewport.pan(dx, dy);
        this.#screen.drawSoon();
      },
      zoom: (factor, x, y) => this.#zoom(factor, x, y),
      tap: (x, y) => {
        const { graph, layout } = this.#scene;
        const hit = layout && nodeAt(graph, layout, this.#viewport.toMap(x, y));
        if (hit !== undefined) this.#goTo(hit.key);
        else if (this.#selected !== undefined) this.#choose(undefined);
      },
      doubleTap: (x, y) => {
        const { graph, layout } = this.#scene;
        const group = layout && groupAt(graph, layout, this.#viewport.toMap(x, y));
        if (group !== undefined) this.#toggleFold(group);
      },
    });
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const focused = this.#mirror.focused;
    const { layout, near } = this.#scene;
    if (event.key.startsWith("Arrow") && focused !== undefined && layout !== undefined) {
      const next = follow(focused, event.key, layout, near, (key) => this.#scene.isHidden(key));
      if (next !== undefined) this.#mirror.focus(next);
      return event.preventDefault();
    }
    if (event.target instanceof HTMLSelectElement) return;
    const group = groupOf(this.#scene.graph, focused ?? "");
    if (event.key === " " && group !== undefined) this.#toggleFold(group);
    else if (event.key === "+" || event.key === "=") this.#zoom(1.3);
    else if (event.key === "-") this.#zoom(1 / 1.3);
    else if (event.key === "f") this.#fit();
    else if (event.key === "c") this.toolbar.flip("culprits");
    else if (event.key === "p") this.toolbar.flip("path");
    else if (event.key === "Escape" && this.#selected !== undefined) this.#choose(undefined);
    else return;
    event.preventDefault();
  }

  #showMoment(moment: Moment | undefined): void {
    this.#moment = moment?.state;
    this.#options.host.toggleAttribute("data-past", moment !== undefined);
    this.#now = moment?.time ?? Date.now();
    const state = this.#moment ?? this.#live;
    if (state !== undefined) this.#scene.show(state, this.#now);
    this.#screen.repaintAll();
    this.#updateDom(false);
    this.#options.onLook();
    this.#options.onMoment(moment);
  }

  async #save(format: ExportFormat): Promise<void> {
    saveFile(await this.exportAs(format), `${this.#live?.flowId ?? "flow"}.${EXPORTS[format]}`);
  }
}
