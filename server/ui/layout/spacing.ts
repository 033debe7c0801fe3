import { COLUMN, LANE_PADDING, NODE_WIDTH } from "./geometry.ts";
import type { Layout } from "./layout.ts";

/** How wide boxes are and how far apart their columns, in units of the map. */
export interface Spacing {
  readonly nodeWidth: number;
  readonly gap: number;
}

/** As a layout is made. */
export const CLOSE: Spacing = { nodeWidth: NODE_WIDTH, gap: COLUMN - NODE_WIDTH };

/** Wider than this a name does not need. */
const WIDEST: Spacing = { nodeWidth: 280, gap: 168 };
/** In steps, so that a map which grows does not change its widths with each row. */
const STEP = 8;

/** The left edge of a column. */
export function columnAt({ nodeWidth, gap }: Spacing, layer: number): number {
  return LANE_PADDING + layer * (nodeWidth + gap);
}

/** The width of a map of so many columns. */
export function widthOf({ nodeWidth, gap }: Spacing, columns: number): number {
  return columns === 0 ? 0 : 2 * LANE_PADDING + columns * nodeWidth + (columns - 1) * gap;
}

/**
 * The spacing with which a map that is higher than it is wide fills a view: first longer names, then
 * longer edges.
 *
 * @param view its width and height, in any unit
 * @param zoom the largest with which it will be shown
 */
export function spacingFor(
  { columns, height }: Pick<Layout, "columns" | "height">,
  view: { readonly width: number; readonly height: number },
  zoom: number,
): Spacing {
  if (columns === 0 || height === 0) return CLOSE;
  const room = view.width / Math.min(zoom, view.height / height);
  const share = (least: number, most: number, parts: number, spare: number) =>
    parts === 0 ? least : least + STEP * Math.floor(
          Math.min(most - least, Math.max(0, spare / parts)) / STEP,
        );
  const nodeWidth = share(
    CLOSE.nodeWidth,
    WIDEST.nodeWidth,
    columns,
    room - widthOf(CLOSE, columns),
  );
  const wider = { ...CLOSE, nodeWidth };
  const gap = share(CLOSE.gap, WIDEST.gap, columns - 1, room - widthOf(wider, columns));
  return { nodeWidth, gap };
}

/** The same layout with its columns at other places. O(nodes). */
export function spaced(layout: Layout, spacing: Spacing): Layout {
  const { nodeWidth, gap } = layout.spacing;
  if (nodeWidth === spacing.nodeWidth && gap === spacing.gap) return layout;
  const nodes = new Map(layout.nodes);
  for (const [key, node] of nodes) nodes.set(key, { ...node, x: columnAt(spacing, node.layer) });
  return { ...layout, nodes, spacing, width: widthOf(spacing, layout.columns) };
}
