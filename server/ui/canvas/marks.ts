import { culprits, type Neighbours } from "../graph/reach.ts";
import type { FlowGraph } from "../graph/flow_graph.ts";
import { type Filter, isFiltering, rowFilter } from "../view/row_filter.ts";

/** How the reader wants to see the map. */
export interface MapLooks {
  readonly filter: Filter;
  /** Only this region; none means all. */
  readonly region: string | undefined;
  readonly family: string | undefined;
  /** Draw failures and what they block forward. */
  readonly culprits: boolean;
  /** Nodes of the critical path, when it is asked for. */
  readonly path: readonly string[];
}

/** Which nodes stand out, and which step back. */
export interface Marks {
  /** What stands out; undefined when everything is equal. */
  readonly forward: ReadonlySet<string> | undefined;
  /** What the search or the filters let through, in the order of the map. */
  readonly hits: readonly string[];
  readonly filtering: boolean;
  readonly blocked: ReadonlySet<string>;
}

/** A filter outdoes the critical path, and that outdoes the failures: the reader asked for it. */
export function marksOf(graph: FlowGraph, neighbours: Neighbours, looks: MapLooks): Marks {
  const blocked = culprits(graph, neighbours);
  const fits = rowFilter(looks.filter);
  const filtering = isFiltering(looks.filter) || looks.region !== undefined ||
    looks.family !== undefined;
  const hits = !filtering
    ? []
    : [...graph.nodes.values()].filter(({ row, node }) =>
      fits(row) && (looks.region === undefined || row.region === looks.region) &&
      (looks.family === undefined || node?.family === looks.family)
    ).map(({ key }) => key);
  const forward = filtering
    ? new Set(hits)
    : looks.path.length > 0
    ? new Set(looks.path)
    : looks.culprits && blocked.size > 0
    ? blocked
    : undefined;
  return { forward, hits, filtering, blocked };
}
