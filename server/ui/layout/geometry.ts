/** Sizes of the map in its own units: pixels at a zoom of 1. All even, so that halves stay whole. */
export const NODE_WIDTH = 184;
export const NODE_HEIGHT = 38;
/** From one column's left edge to the next one's: room for an edge to bend in. */
export const COLUMN = NODE_WIDTH + 72;
/** Between two nodes of a column. */
export const NODE_GAP = 12;
/** Between an edge that passes a column and a node of it. */
export const BEND_GAP = 10;
/** Between two edges that pass a column. */
export const BENDS_GAP = 6;
export const LANE_PADDING = 18;
export const LANE_HEADING = 34;
export const LANE_GAP = 22;

/** A node, or a bend of an edge on its way past a column. */
export type ItemKind = "node" | "bend";

/** The least distance between the middles of two neighbours in a column. */
export function separation(above: ItemKind, below: ItemKind): number {
  if (above === "bend" && below === "bend") return BENDS_GAP;
  if (above === "node" && below === "node") return NODE_HEIGHT + NODE_GAP;
  return NODE_HEIGHT / 2 + BEND_GAP;
}
