import type { FlowGraph } from "../graph/flow_graph.ts";
import type { Layout } from "../layout/layout.ts";
import type { EdgeShape } from "./edge_path.ts";
import type { Marks } from "./marks.ts";
import type { Palette } from "./palette.ts";

/** All that a picture of a map is made of. */
export interface Picture {
  readonly graph: FlowGraph;
  readonly layout: Layout;
  readonly marks: Marks;
  readonly palette: Palette;
  readonly shapes: ReadonlyMap<string, EdgeShape>;
  /** Unix milliseconds. */
  readonly now: number;
}

export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export const FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** How strongly a box is drawn that steps back behind others. */
export const FAINT = 0.62;

/**
 * How much of a node can be made out: nothing but that it is there, its colour and shape, its name,
 * or all that its box says.
 */
export type Detail = "dots" | "shapes" | "names" | "all";

/** @param zoom pixels for each unit of the map; texts of less than 7.5 pixels are left out */
export function detailOf(zoom: number): Detail {
  return zoom < 0.16 ? "dots" : zoom < 0.36 ? "shapes" : zoom < 0.62 ? "names" : "all";
}

export function isForward({ forward }: Marks, key: string): boolean {
  return forward === undefined || forward.has(key);
}
