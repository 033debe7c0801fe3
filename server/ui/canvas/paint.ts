import { NODE_HEIGHT } from "../layout/geometry.ts";
import { type Box, overlaps } from "./box.ts";
import { type EdgeGroup, edgeGroups, paintEdgeLabels, paintEdges } from "./paint_edges.ts";
import { laneTexts, paintLanes } from "./paint_lanes.ts";
import { paintNode } from "./paint_node.ts";
import { detailOf, type Pen, type Picture } from "./picture.ts";

/** A picture with what all paintings of its parts have in common. */
export interface PreparedPicture {
  readonly picture: Picture;
  readonly groups: readonly EdgeGroup[];
  readonly texts: ReadonlyMap<string, string>;
}

export function prepare(picture: Picture): PreparedPicture {
  return { picture, groups: edgeGroups(picture), texts: laneTexts(picture) };
}

/**
 * Paints what lies in `box`; the pen is in units of the map.
 *
 * @param zoom pixels of the screen for each unit
 */
export function paint(
  pen: Pen,
  { picture, groups, texts }: PreparedPicture,
  zoom: number,
  box: Box,
): void {
  const detail = detailOf(zoom);
  paintLanes(pen, picture, zoom, texts);
  paintEdges(pen, groups, zoom, detail, box);
  if (detail === "all") paintEdgeLabels(pen, picture, box);
  for (const node of picture.graph.nodes.values()) {
    const place = picture.layout.nodes.get(node.key);
    if (place === undefined) continue;
    const { x, y } = place;
    const own = {
      x,
      y: y - NODE_HEIGHT / 2,
      width: picture.layout.spacing.nodeWidth,
      height: NODE_HEIGHT,
    };
    if (overlaps(own, box)) paintNode(pen, picture, node, zoom, detail);
  }
}
