import type { FlowNode } from "../../../contracts/flow.ts";
import type { FlowState } from "../../../contracts/fold.ts";
import { countPhases, type Counts } from "./counts.ts";
import type { NodeRow } from "./node_row.ts";
import { RowCache } from "./row_cache.ts";
import { type Filter, rowFilter } from "./row_filter.ts";
import { rowOrder, type Sorting } from "./row_order.ts";

/** The table of one region. */
export interface Section {
  readonly region: string;
  readonly title: string;
  /** Of all its nodes, filtered or not. */
  readonly counts: Counts;
  /** What the filter lets through, in order. */
  readonly rows: readonly NodeRow[];
}

/** All that the page says about a flow's nodes. */
export interface Board {
  readonly sections: readonly Section[];
  readonly counts: Counts;
  readonly rows: readonly NodeRow[];
  readonly shown: number;
}

/** How the reader wants to see it. */
export interface Looks {
  readonly filter: Filter;
  readonly sorting: Sorting | undefined;
}

/**
 * The board of a flow. Regions come by name, nodes without one last.
 *
 * @param now Unix milliseconds
 * @param cache kept from one board of a flow to the next, lets unchanged rows stay the same objects
 */
export function boardOf(
  state: FlowState,
  { filter, sorting }: Looks,
  now: number,
  cache: RowCache = new RowCache(),
): Board {
  const titles = new Map<string, string>();
  const byRegion = new Map<string, NodeRow[]>();
  const rows: NodeRow[] = [];
  const named = new Set([...state.nodes.values()].map(({ region }) => region));
  for (const node of state.nodes.values()) {
    if (isRegionItself(node, named)) {
      titles.set(node.id, node.label || node.id);
      if (!byRegion.has(node.id)) byRegion.set(node.id, []);
      continue;
    }
    const row = cache.rowOf(node, state);
    rows.push(row);
    const region = byRegion.get(row.region);
    if (region === undefined) byRegion.set(row.region, [row]);
    else region.push(row);
  }
  const visible = rowFilter(filter);
  const order = rowOrder(sorting, now);
  const sections = [...byRegion].sort(([a], [b]) => byRegionName(a, b)).map(([region, all]) => ({
    region,
    title: titles.get(region) ?? (region || (byRegion.size > 1 ? "No region" : "")),
    counts: countPhases(all),
    rows: all.filter(visible).sort(order),
  }));
  return {
    sections,
    rows,
    counts: countPhases(rows),
    shown: sections.reduce((sum, section) => sum + section.rows.length, 0),
  };
}

/** The node that an emitter has for its region is the table's heading, not one of its lines. */
function isRegionItself(
  { id, region, family }: FlowNode,
  named: ReadonlySet<string | undefined>,
): boolean {
  return region === undefined ? family === "region" || named.has(id) : region === id;
}

function byRegionName(a: string, b: string): number {
  if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}
