import { NODE_HEIGHT } from "../layout/geometry.ts";
import type { Layout, PlacedEdge } from "../layout/layout.ts";
import { columnAt } from "../layout/spacing.ts";
import type { Box } from "./box.ts";

/** A line of cubic curves: the start, then two control points and an end for each of them. */
export type Curve = readonly number[];

/** An edge's line, and the box that holds all of it. */
export interface EdgeShape {
  readonly curve: Curve;
  readonly box: Box;
}

/** The shapes of all edges, to be looked up with both ends. */
export function shapesOf(layout: Layout): Map<string, EdgeShape> {
  return new Map(layout.edges.map((edge) => {
    const curve = edgePath(layout, edge);
    return [edge.from + edge.to, { curve, box: boxOf(curve) }];
  }));
}

/** A cubic curve stays within the hull of its control points. */
function boxOf(curve: Curve): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at + 1 < curve.length; at += 2) {
    const [x, y] = [curve[at] ?? 0, curve[at + 1] ?? 0];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The way of an edge from the right side of its source to the left side of its target. */
export function edgePath({ nodes, spacing }: Layout, { from, to, back, bends }: PlacedEdge): Curve {
  const source = nodes.get(from);
  const target = nodes.get(to);
  if (source === undefined || target === undefined) return [];
  const { nodeWidth } = spacing;
  const curve = [source.x + nodeWidth, source.y];
  let [x, y] = [source.x + nodeWidth, source.y];
  const bendTo = (toX: number, toY: number) => {
    const pull = Math.max(28, Math.abs(toX - x) * 0.45);
    curve.push(x + pull, y, toX - pull, toY, toX, toY);
    [x, y] = [toX, toY];
  };
  if (back) {
    // Below both, so that it is not taken for one of the edges that it runs against.
    const low = Math.max(source.y, target.y) + NODE_HEIGHT;
    curve.push(x + 60, y, x + 60, low, x, low);
    curve.push(x - 40, low, target.x + 40, low, target.x, low);
    curve.push(target.x - 60, low, target.x - 60, target.y, target.x, target.y);
    return curve;
  }
  for (const bend of bends) {
    const left = columnAt(spacing, bend.layer);
    bendTo(left, bend.y);
    x = left + nodeWidth;
    curve.push(left + nodeWidth / 3, y, left + 2 * nodeWidth / 3, y, x, y);
  }
  bendTo(target.x, target.y);
  return curve;
}

/** The point of a curve at half of its pieces: where a label has room. */
export function middleOf(curve: Curve): readonly [x: number, y: number] {
  const pieces = (curve.length - 2) / 6;
  const at = 2 + 6 * Math.floor(pieces / 2);
  const p = (offset: number) => curve[at - 2 + offset] ?? 0;
  if (pieces % 2 === 0) return [p(0), p(1)];
  const mix = (axis: number) => (p(axis) + 3 * p(2 + axis) + 3 * p(4 + axis) + p(6 + axis)) / 8;
  return [mix(0), mix(1)];
}
