import type { FlowGraph, GraphNode } from "../graph/flow_graph.ts";
import { NODE_HEIGHT } from "../layout/geometry.ts";
import type { Layout } from "../layout/layout.ts";

/** A point of the map, in its units. */
export type Point = readonly [x: number, y: number];

/** The node whose box is at a point. */
export function nodeAt(graph: FlowGraph, layout: Layout, [x, y]: Point): GraphNode | undefined {
  for (const place of layout.nodes.values()) {
    const dx = x - place.x;
    if (dx >= 0 && dx <= layout.spacing.nodeWidth && Math.abs(y - place.y) <= NODE_HEIGHT / 2) {
      return graph.nodes.get(place.key);
    }
  }
  return undefined;
}

/** The group that can be folded or unfolded at a point: by its box, or by the lane that it is. */
export function groupAt(graph: FlowGraph, layout: Layout, at: Point): string | undefined {
  const node = nodeAt(graph, layout, at);
  if (node !== undefined) return node.folds > 0 ? node.key : undefined;
  const lane = layout.lanes.find(({ y, height }) => at[1] >= y && at[1] <= y + height);
  return graph.lanes.find(({ key }) => key === lane?.key)?.group;
}

/** The group that a node stands for when it is folded, or is in. */
export function groupOf(graph: FlowGraph, key: string): string | undefined {
  const node = graph.nodes.get(key);
  if (node === undefined) return undefined;
  return node.folds > 0 ? key : graph.lanes.find((lane) => lane.key === node.lane)?.group;
}
