import type { FlowNode, Relationship, RelationshipType } from "../../../contracts/flow.ts";
import type { FlowState } from "../../../contracts/fold.ts";
import { nodeKey } from "../../../contracts/relationship_key.ts";
import type { NodeRow } from "../view/node_row.ts";
import { countPhases, worstOf } from "../view/counts.ts";
import { RowCache } from "../view/row_cache.ts";

/** A box of the map. */
export interface GraphNode {
  readonly key: string;
  readonly lane: string;
  readonly row: NodeRow;
  /** Absent for a node of another flow that this one only points at. */
  readonly node: FlowNode | undefined;
  /** How many nodes it stands for, when it is a folded group. */
  readonly folds: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly type: Exclude<RelationshipType, "contains">;
  readonly condition: "on-success" | "on-failure" | "always";
  /** Seconds. */
  readonly lag: number | undefined;
  /** What stands at it; "" when its type, condition and lag say what there is to say. */
  readonly label: string;
  readonly crossRegion: boolean;
  readonly crossFlow: boolean;
}

/** A band of the map: a region, or a group within one. */
export interface GraphLane {
  readonly key: string;
  readonly region: string;
  /** The group that it shows unfolded; absent for a region. */
  readonly group: string | undefined;
  readonly title: string;
  readonly depth: number;
}

export interface FlowGraph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly edges: readonly GraphEdge[];
  /** From top to bottom. */
  readonly lanes: readonly GraphLane[];
}

const SEPARATOR = "\u0001";

/**
 * What the map shows of a flow. A node that others are contained in is a lane: the region's own, or
 * one inside it that can be folded into a box. Edges of what a fold hides end at the fold; those of an
 * unfolded group end at each of its nodes.
 *
 * @param folded keys of the groups that are folded
 */
export function flowGraph(
  state: FlowState,
  folded: ReadonlySet<string>,
  cache: RowCache = new RowCache(),
): FlowGraph {
  const tree = containment(state);
  const regions = new Set([...state.nodes.values()].map(({ region }) => region));
  const isRegion = (node: FlowNode) =>
    node.region === undefined
      ? node.family === "region" || regions.has(node.id)
      : node.region === node.id;
  const nodes = new Map<string, GraphNode>();
  const lanes = new Map<string, GraphLane>();
  const shown = new Map<string, string[]>();
  const regionLane = (region: string) => {
    if (!lanes.has(region)) {
      lanes.set(region, {
        key: region,
        region,
        group: undefined,
        title: state.nodes.get(nodeKey({ flowId: state.flowId, id: region }))?.label || region,
        depth: 0,
      });
    }
    return region;
  };
  const groupsAbove = (key: string) => {
    const path: FlowNode[] = [];
    const seen = new Set([key]);
    for (let up = tree.parents.get(key); up !== undefined; up = tree.parents.get(up)) {
      const parent = state.nodes.get(up);
      if (parent === undefined || seen.has(up) || isRegion(parent)) break;
      seen.add(up);
      path.unshift(parent);
    }
    return path;
  };
  for (const [key, node] of state.nodes) {
    if (isRegion(node)) continue;
    const above = groupsAbove(key);
    const fold = above.findIndex((group) => folded.has(nodeKey(group)));
    if (fold >= 0) {
      const target = above[fold];
      if (target !== undefined) shown.set(key, [nodeKey(target)]);
      continue;
    }
    const children = tree.children.get(key) ?? [];
    if (children.length > 0 && !folded.has(key)) continue;
    let lane = regionLane(node.region ?? "");
    for (const [depth, group] of above.entries()) {
      const inner = lane + SEPARATOR + group.id;
      if (!lanes.has(inner)) {
        lanes.set(inner, {
          key: inner,
          region: node.region ?? "",
          group: nodeKey(group),
          title: group.label || group.id,
          depth: depth + 1,
        });
      }
      lane = inner;
    }
    const row = cache.rowOf(node, state);
    const inside = descendants(key, tree.children, state, cache);
    const counts = countPhases(inside);
    nodes.set(key, {
      key,
      lane,
      node,
      folds: inside.length,
      row: inside.length > 0 ? { ...row, phase: worstOf(counts) } : row,
    });
    shown.set(key, [key]);
  }
  const leaves = (key: string, seen: Set<string>): string[] => {
    if (seen.has(key)) return [];
    seen.add(key);
    return shown.get(key) ?? (tree.children.get(key) ?? []).flatMap((child) => leaves(child, seen));
  };
  const edges = new Map<string, GraphEdge>();
  for (const rel of state.relationships.values()) {
    if (rel.type === "contains") continue;
    const ends = endsOf(rel, state.flowId);
    const from = leaves(ends.from, new Set());
    const to = leaves(ends.to, new Set());
    outside(state, rel, ends, from, to, nodes);
    for (const a of from) {
      for (const b of to) {
        if (a !== b) edges.set([a, b, rel.type].join(SEPARATOR), edgeOf(rel, a, b, nodes));
      }
    }
  }
  const order = [...lanes.values()].sort((a, b) =>
    byRegion(a.region, b.region) || (a.key < b.key ? -1 : 1)
  );
  return { nodes, edges: [...edges.values()], lanes: order };
}

interface Containment {
  readonly parents: ReadonlyMap<string, string>;
  readonly children: ReadonlyMap<string, readonly string[]>;
}

function containment(state: FlowState): Containment {
  const parents = new Map<string, string>();
  const children = new Map<string, string[]>();
  for (const rel of state.relationships.values()) {
    if (rel.type !== "contains") continue;
    const { from, to } = endsOf(rel, state.flowId);
    if (state.nodes.has(from) && state.nodes.has(to)) parents.set(from, to);
  }
  for (const [child, parent] of parents) {
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [child]);
    else list.push(child);
  }
  return { parents, children };
}

function descendants(
  key: string,
  children: ReadonlyMap<string, readonly string[]>,
  state: FlowState,
  cache: RowCache,
): NodeRow[] {
  const rows: NodeRow[] = [];
  const seen = new Set([key]);
  const open = [...children.get(key) ?? []];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const node = state.nodes.get(next);
    if (node !== undefined) rows.push(cache.rowOf(node, state));
    open.push(...children.get(next) ?? []);
  }
  return rows;
}

function endsOf(rel: Relationship, flowId: string) {
  return {
    from: nodeKey({ flowId: rel.fromFlowId ?? flowId, id: rel.fromId }),
    to: nodeKey({ flowId: rel.toFlowId ?? flowId, id: rel.toId }),
  };
}

/** An edge to another flow needs something to end at, even though the node is not held here. */
function outside(
  { flowId }: FlowState,
  rel: Relationship,
  ends: { from: string; to: string },
  from: string[],
  to: string[],
  nodes: Map<string, GraphNode>,
): void {
  const add = (key: string, flow: string, id: string, other: string | undefined) => {
    const lane = nodes.get(other ?? "")?.lane;
    if (lane === undefined) return [];
    if (!nodes.has(key)) {
      const row: NodeRow = {
        key,
        id,
        label: id,
        region: "",
        phase: "other",
        state: `In flow ${flow}`,
        suspended: false,
        reason: "",
        message: "",
        waitsFor: [],
        since: undefined,
        startedAt: undefined,
        endedAt: undefined,
      };
      nodes.set(key, { key, lane, node: undefined, folds: 0, row });
    }
    return [key];
  };
  const { fromFlowId = flowId, toFlowId = flowId } = rel;
  if (from.length === 0 && fromFlowId !== flowId) {
    from.push(...add(ends.from, fromFlowId, rel.fromId, to[0]));
  }
  if (to.length === 0 && toFlowId !== flowId) to.push(...add(ends.to, toFlowId, rel.toId, from[0]));
}

function edgeOf(
  rel: Relationship,
  from: string,
  to: string,
  nodes: ReadonlyMap<string, GraphNode>,
): GraphEdge {
  const [a, b] = [nodes.get(from), nodes.get(to)];
  return {
    from,
    to,
    type: rel.type === "contains" ? "finish-to-start" : rel.type,
    condition: rel.condition ?? "on-success",
    lag: rel.lag || undefined,
    label: rel.label ?? "",
    crossRegion: a?.row.region !== b?.row.region && a?.node !== undefined && b?.node !== undefined,
    crossFlow: a?.node?.flowId !== b?.node?.flowId,
  };
}

function byRegion(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? 1 : -1;
  return a < b ? -1 : 1;
}

/** Whether the edges of two graphs of one structure say the same. */
export function sameLabels(a: FlowGraph, b: FlowGraph): boolean {
  return a.edges.every(({ label }, at) => b.edges[at]?.label === label);
}

/** Whether two graphs have the same structure, so that a layout of the one fits the other. */
export function sameStructure(a: FlowGraph, b: FlowGraph): boolean {
  if (a.nodes.size !== b.nodes.size || a.edges.length !== b.edges.length) return false;
  if (a.lanes.length !== b.lanes.length) return false;
  for (const [at, lane] of a.lanes.entries()) if (b.lanes[at]?.key !== lane.key) return false;
  for (const [key, node] of a.nodes) if (b.nodes.get(key)?.lane !== node.lane) return false;
  for (const [at, edge] of a.edges.entries()) {
    const other = b.edges[at];
    if (other?.from !== edge.from || other.to !== edge.to || other.type !== edge.type) return false;
  }
  return true;
}
