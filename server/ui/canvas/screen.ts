import type { FlowGraph, GraphNode } from "../graph/flow_graph.ts";
import { element } from "./element.ts";
import { MiniMap } from "./mini_map.ts";
import { type Palette, readPalette } from "./palette.ts";
import type { Picture } from "./picture.ts";
import { drawRings } from "./rings.ts";
import { Tiles } from "./tiles.ts";
import type { Viewport } from "./viewport.ts";

/** Up to so many nodes everything is painted within one frame. */
const SMALL = 300;
/** What painting may take of a frame with more than that, in milliseconds; others need the rest. */
const BUDGET = 6;
/** Least time between two paintings of everything beyond that, in milliseconds; it grows with them. */
const PACE = 400;
/** Between two breaths of the running nodes, in milliseconds: a slow swell needs no more. */
const BREATH = 50;
/** More running nodes than this make a crowd, in which none breathes. */
const CROWD = 120;
/** After the last step of a zoom everything is painted sharp. */
const SETTLE = 140;

// This module is the program of the layout worker too, and there is no such thing there.
const LIGHT = globalThis.matchMedia?.("(prefers-color-scheme: light)");
const CALM = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/** What a frame shows. */
export interface Frame {
  readonly picture: Picture;
  readonly selected: string | undefined;
  readonly focused: string | undefined;
  /** Nothing moves by itself: this is the past. */
  readonly still: boolean;
}

/** Draws the map, at most once a frame. */
export class Screen {
  readonly map = element("canvas", { class: "map", "aria-hidden": "true" });
  readonly mini: MiniMap;
  /** Absent where the browser gives no canvas. */
  readonly #pen = this.map.getContext("2d", { alpha: false });
  readonly #host: HTMLElement;
  readonly #viewport: Viewport;
  readonly #frame: () => Frame | undefined;
  readonly #tiles = new Tiles();
  #palette: Palette | undefined;
  #running: { readonly graph: FlowGraph; readonly keys: readonly string[] } | undefined;
  #request: number | undefined;
  #breath: ReturnType<typeof setTimeout> | undefined;
  #paintTimer: ReturnType<typeof setTimeout> | undefined;
  #paintedAt = 0;
  #movingUntil = 0;

  /**
   * @param host its tokens are the colours; its `data-breathing` says whether anything moves
   * @param frame what is to be shown; nothing before there is a picture
   */
  constructor(host: HTMLElement, viewport: Viewport, frame: () => Frame | undefined) {
    this.#host = host;
    this.#viewport = viewport;
    this.#frame = frame;
    this.mini = new MiniMap((x, y) => {
      viewport.centre(x, y);
      this.drawSoon();
    });
    // One without transparency is black until something is drawn on it.
    this.map.style.visibility = "hidden";
    const recolour = () => {
      this.#palette = undefined;
      this.repaintAll();
    };
    for (const query of [LIGHT, CALM]) query?.addEventListener("change", recolour);
  }

  /** The colours as they are now; absent where nothing can be drawn. */
  get palette(): Palette | undefined {
    return this.#palette ??= this.#pen === null ? undefined : readPalette(this.#host, this.#pen);
  }

  drawSoon(): void {
    this.#request ??= requestAnimationFrame(() => {
      this.#request = undefined;
      this.#draw();
    });
  }

  /** Everything looks different. */
  repaintAll(): void {
    this.#tiles.invalidate();
    this.drawSoon();
  }

  /** These nodes say something new; what hangs on them follows a little later when it is much. */
  repaint(picture: Picture, nodes: readonly GraphNode[]): void {
    const { size } = picture.graph.nodes;
    if (size <= SMALL) return this.repaintAll();
    for (const node of nodes) this.#tiles.repaint(picture, node, ratio());
    this.drawSoon();
    const pace = Math.max(PACE, size / 5);
    this.#paintTimer ??= setTimeout(() => {
      this.#paintTimer = undefined;
      this.#paintedAt = performance.now();
      this.repaintAll();
    }, Math.max(0, this.#paintedAt + pace - performance.now()));
  }

  /** These nodes say something new about themselves alone, as how long they have been running. */
  touch(picture: Picture, nodes: readonly GraphNode[]): void {
    for (const node of nodes) this.#tiles.repaint(picture, node, ratio());
    this.drawSoon();
  }

  /** The zoom is changing, and may change again at once. */
  zooming(): void {
    this.#movingUntil = performance.now() + SETTLE;
    setTimeout(() => this.drawSoon(), SETTLE + 20);
    this.drawSoon();
  }

  #draw(): void {
    const frame = this.#frame();
    const viewport = this.#viewport;
    const pen = this.#pen;
    if (pen === null || frame === undefined || viewport.isEmpty) return;
    const { picture } = frame;
    const { camera, size: view } = viewport;
    const [width, height] = [Math.round(view.width * ratio()), Math.round(view.height * ratio())];
    if (this.map.width !== width) this.map.width = width;
    if (this.map.height !== height) this.map.height = height;
    const small = picture.graph.nodes.size <= SMALL;
    const now = performance.now();
    const complete = this.#tiles.show(pen, picture, {
      camera,
      view,
      ratio: ratio(),
      moving: !small && now < this.#movingUntil,
      budget: small ? Infinity : BUDGET,
    });
    const scale = camera.zoom * ratio();
    const [left, top] = [Math.round(camera.x * scale), Math.round(camera.y * scale)];
    pen.setTransform(scale, 0, 0, scale, -left, -top);
    const running = this.#breathing(frame);
    const breath = (1 + Math.sin(now / 420)) / 2;
    drawRings(pen, picture, { ...frame, running, breath });
    this.map.style.visibility = "";
    this.mini.draw(picture, viewport, frame.selected !== undefined, now);
    this.#host.toggleAttribute("data-breathing", running.length > 0);
    if (!complete) this.drawSoon();
    if (running.length === 0) return;
    this.#breath ??= setTimeout(() => {
      this.#breath = undefined;
      this.drawSoon();
    }, BREATH);
  }

  #breathing({ picture: { graph }, still }: Frame): readonly string[] {
    if (this.#running?.graph !== graph) {
      const running = [...graph.nodes.values()].filter(({ row }) => row.phase === "running");
      this.#running = { graph, keys: running.map(({ key }) => key) };
    }
    const { keys } = this.#running;
    const calm = still || keys.length > CROWD || document.hidden || CALM?.matches;
    return calm ? [] : keys;
  }
}

/** Pixels of the device for each of the page's. */
function ratio(): number {
  return devicePixelRatio || 1;
}
