import type { FlowState } from "../../../contracts/fold.ts";
import { fit, MAX_FIT } from "../canvas/camera.ts";
import { shapesOf } from "../canvas/edge_path.ts";
import { marksOf } from "../canvas/marks.ts";
import { paint, prepare } from "../canvas/paint.ts";
import { type Palette, readPalette } from "../canvas/palette.ts";
import { type FlowGraph, flowGraph, sameStructure } from "../graph/flow_graph.ts";
import { neighboursOf } from "../graph/reach.ts";
import { type Layout, layout } from "../layout/layout.ts";
import { spaced, spacingFor } from "../layout/spacing.ts";
import { NO_FILTER } from "../view/row_filter.ts";
import { RowCache } from "../view/row_cache.ts";

/** A flow with more nodes than this is shown without its edges: they would be one grey patch. */
const MANY = 600;
const MARGIN = 4;

/** A flow's map at the size of a stamp. */
export class SmallMap {
  readonly #canvas: HTMLCanvasElement;
  readonly #rows = new RowCache();
  #graph: FlowGraph | undefined;
  #layout: Layout | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  draw(state: Readonly<FlowState>): void {
    const pen = this.#canvas.getContext("2d");
    const width = this.#canvas.clientWidth, height = this.#canvas.clientHeight;
    if (pen === null || width === 0) return;
    const whole = flowGraph(state, new Set(), this.#rows);
    const graph = whole.nodes.size > MANY ? { ...whole, edges: [] } : whole;
    if (this.#graph === undefined || !sameStructure(graph, this.#graph)) {
      this.#layout = layout({
        nodes: [...graph.nodes.values()].map(({ key, lane }) => ({ key, lane })),
        edges: graph.edges.map(({ from, to }) => ({ from, to })),
        lanes: graph.lanes.map(({ key }) => key),
      }, this.#layout);
    }
    this.#graph = graph;
    if (this.#layout === undefined) return;
    const room = { width: width - 2 * MARGIN, height: height - 2 * MARGIN };
    const made = spaced(this.#layout, spacingFor(this.#layout, room, MAX_FIT));
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    if (graph.nodes.size === 0) return;
    const camera = fit(made, { width, height }, MARGIN);
    const scale = camera.zoom * ratio;
    pen.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
    const looks = {
      filter: NO_FILTER,
      region: undefined,
      family: undefined,
      culprits: false,
      path: [],
    };
    const picture = {
      graph,
      layout: made,
      marks: marksOf(graph, neighboursOf(graph), looks),
      palette: paletteOf(pen),
      shapes: shapesOf(made),
      now: 0,
    };
    const box = { x: 0, y: 0, width: made.width, height: made.height };
    // Names of that size could not be read, whatever the zoom.
    paint(pen, prepare(picture), Math.min(camera.zoom, 0.25), box);
  }
}

let known: { readonly light: boolean; readonly palette: Palette } | undefined;

/** Read once for all maps of the list: asking for styles makes the browser work them out. */
function paletteOf(pen: CanvasRenderingContext2D): Palette {
  const light = matchMedia("(prefers-color-scheme: light)").matches;
  if (known?.light !== light) {
    known = { light, palette: readPalette(document.documentElement, pen, "--") };
  }
  return known.palette;
}
