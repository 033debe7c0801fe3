import { LANE_GAP, LANE_HEADING, LANE_PADDING, NODE_HEIGHT } from "./geometry.ts";
import { type Item, type Place, placeLane } from "./lane.ts";
import { layersOf, type Link } from "./layers.ts";
import { CLOSE, columnAt, type Spacing, widthOf } from "./spacing.ts";

export interface LayoutNode {
  readonly key: string;
  /** The key of the lane that it stands in. */
  readonly lane: string;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

/** What is to be laid out. The order of nodes and edges does not matter, that of lanes does. */
export interface LayoutInput {
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly LayoutEdge[];
  /** From top to bottom; one that no node names is left out. */
  readonly lanes: readonly string[];
}

export interface PlacedNode {
  readonly key: string;
  readonly lane: string;
  /** Its column, from 0. */
  readonly layer: number;
  /** Of its left edge. */
  readonly x: number;
  /** Of its middle. */
  readonly y: number;
  /** Of its middle, from the lane's top. */
  readonly inLane: number;
}

export interface PlacedLane {
  readonly key: string;
  readonly y: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  /** It closes a cycle, and runs against the direction of the others. */
  readonly back: boolean;
  /** Columns that it passes between its ends: the layer, and the height at which it does. */
  readonly bends: readonly { readonly layer: number; readonly y: number }[];
}

/** Plain data: it crosses from a worker by structured clone. */
export interface Layout {
  readonly nodes: ReadonlyMap<string, PlacedNode>;
  readonly lanes: readonly PlacedLane[];
  readonly edges: readonly PlacedEdge[];
  /** Places of all bends from their lanes' tops, for the next layout. */
  readonly bends: ReadonlyMap<string, Place & { readonly lane: string }>;
  readonly columns: number;
  readonly spacing: Spacing;
  readonly width: number;
  readonly height: number;
}

/** An edge past more columns than this runs straight: its bends would fill whole columns. */
const MAX_BENDS = 24;

const SEPARATOR = "\u0001";

/**
 * Lays a graph out in columns from left to right, one lane a region, every edge forward except those
 * that close a cycle. The same nodes and edges give the same layout in whatever order they come.
 *
 * With a `previous` layout nothing jumps: if at least half of the nodes are still in their lane and
 * layer, all of these keep their place in the lane to the pixel, and what is new fills gaps.
 */
export function layout(input: LayoutInput, previous?: Layout): Layout {
  const nodes = input.nodes.toSorted((a, b) => a.key < b.key ? -1 : 1);
  const index = new Map(nodes.map(({ key }, at) => [key, at]));
  const links = linksOf(input.edges, index);
  const { layers, back } = layersOf(nodes.length, links);
  const joined = new Set(links.flat());
  const keeps = new Map<string, Place>();
  for (const [at, { key, lane }] of nodes.entries()) {
    const old = previous?.nodes.get(key);
    if (old?.lane !== lane) continue;
    if (!joined.has(at) || old.layer === layers[at]) {
      keeps.set(key, { layer: old.layer, y: old.inLane });
    }
  }
  const steady = keeps.size * 2 >= nodes.length;
  const contents = new Map<string, MutableContent>();
  for (const [at, { key, lane }] of nodes.entries()) {
    const content = contentOf(contents, lane);
    const kept = steady ? keeps.get(key) : undefined;
    if (joined.has(at)) {
      content.indexes.set(key, content.items.length);
      content.items.push({ key, kind: "node", layer: layers[at] ?? 0, kept: kept?.y });
    } else content.loose.push({ key, kept });
  }
  const edges: { from: LayoutNode; to: LayoutNode; back: boolean; bends: string[] }[] = [];
  for (const [at, [fromAt, toAt]] of links.entries()) {
    const from = nodes[fromAt], to = nodes[toAt];
    if (from === undefined || to === undefined) continue;
    const bends: string[] = [];
    if (!back.has(at) && from.lane === to.lane) {
      const content = contentOf(contents, from.lane);
      const first = layers[fromAt] ?? 0, last = layers[toAt] ?? 0;
      let before = content.indexes.get(from.key) ?? 0;
      for (let layer = first + 1; layer < last && last - first <= MAX_BENDS; layer++) {
        // All edges of a node that pass a column pass it together.
        const key = from.key + SEPARATOR + layer;
        bends.push(key);
        let bend = content.indexes.get(key);
        if (bend === undefined) {
          const old = steady ? previous?.bends.get(key) : undefined;
          bend = content.items.length;
          content.indexes.set(key, bend);
          const kept = old?.lane === from.lane && keeps.has(from.key) ? old.y : undefined;
          content.items.push({ key, kind: "bend", layer, kept });
          content.links.push([before, bend]);
        }
        before = bend;
      }
      if (last - first <= MAX_BENDS) {
        content.links.push([before, content.indexes.get(to.key) ?? 0]);
      }
    }
    edges.push({ from, to, back: back.has(at), bends });
  }
  return compose(input.lanes, nodes, edges, contents);
}

interface MutableContent {
  readonly items: Item[];
  readonly links: [number, number][];
  readonly loose: { key: string; kept: Place | undefined }[];
  readonly indexes: Map<string, number>;
}

function contentOf(contents: Map<string, MutableContent>, lane: string): MutableContent {
  let content = contents.get(lane);
  if (content === undefined) {
    contents.set(lane, content = { items: [], links: [], loose: [], indexes: new Map() });
  }
  return content;
}

/** Each pair once, in the order of its nodes; no edge from a node to itself or to nowhere. */
function linksOf(edges: readonly LayoutEdge[], index: ReadonlyMap<string, number>): Link[] {
  const links = new Map<string, Link>();
  for (const { from, to } of edges) {
    const a = index.get(from), b = index.get(to);
    if (a !== undefined && b !== undefined && a !== b) links.set(`${a} ${b}`, [a, b]);
  }
  return [...links.values()].sort((x, y) => x[0] - y[0] || x[1] - y[1]);
}

/** Stacks the lanes. */
function compose(
  order: readonly string[],
  nodes: readonly LayoutNode[],
  edges: readonly { from: LayoutNode; to: LayoutNode; back: boolean; bends: string[] }[],
  contents: ReadonlyMap<string, MutableContent>,
): Layout {
  const lanes: PlacedLane[] = [];
  const placed = new Map<string, PlacedNode>();
  const bends = new Map<string, Place & { lane: string }>();
  const tops = new Map<string, number>();
  const laneOf = new Map(nodes.map(({ key, lane }) => [key, lane]));
  let y = 0;
  let columns = 0;
  for (const key of order) {
    const content = contents.get(key);
    if (content === undefined) continue;
    const places = placeLane(content);
    const top = y + LANE_HEADING;
    tops.set(key, top);
    let inner = NODE_HEIGHT;
    for (const [item, place] of places) {
      columns = Math.max(columns, place.layer + 1);
      inner = Math.max(inner, place.y + NODE_HEIGHT / 2);
      if (laneOf.get(item) !== key) bends.set(item, { ...place, lane: key });
      else {
        placed.set(item, {
          key: item,
          lane: key,
          layer: place.layer,
          x: columnAt(CLOSE, place.layer),
          y: top + place.y,
          inLane: place.y,
        });
      }
    }
    const height = LANE_HEADING + inner + LANE_PADDING;
    lanes.push({ key, y, height });
    y += height + LANE_GAP;
  }
  return {
    nodes: placed,
    lanes,
    bends,
    edges: edges.map(({ from, to, back, bends: keys }) => ({
      from: from.key,
      to: to.key,
      back,
      bends: keys.flatMap((key) => {
        const place = bends.get(key);
        if (place === undefined) return [];
        return [{ layer: place.layer, y: (tops.get(place.lane) ?? 0) + place.y }];
      }),
    })),
    columns,
    spacing: CLOSE,
    width: widthOf(CLOSE, columns),
    height: Math.max(0, y - LANE_GAP),
  };
}
