import type { FlowState } from "../../../contracts/fold.ts";
import {
  type FlowGraph,
  flowGraph,
  type GraphNode,
  sameLabels,
  sameStructure,
} from "../graph/flow_graph.ts";
import { criticalPath, type Neighbours, neighboursOf } from "../graph/reach.ts";
import type { Layout } from "../layout/layout.ts";
import { CLOSE, spaced, spacingFor } from "../layout/spacing.ts";
import { tookUntil } from "../view/node_row.ts";
import { RowCache } from "../view/row_cache.ts";
import { FIT_MARGIN, MAX_FIT, type Size } from "./camera.ts";
import { type EdgeShape, shapesOf } from "./edge_path.ts";
import type { Layouter } from "./layouter.ts";
import { type MapLooks, type Marks, marksOf } from "./marks.ts";

/** What is different from before. */
export interface SceneChange {
  /** Boxes have come, gone or moved. */
  readonly laidOut: boolean;
  /** Others stand out. */
  readonly marked: boolean;
  /** What stands at edges has changed; it lies between boxes, where nothing else is painted anew. */
  readonly labelled?: boolean;
  /** Nodes that say something new. */
  readonly changed: readonly GraphNode[];
}

/** How the reader wants to see the map; `path` asks for the critical one. */
export type SceneLooks = Omit<MapLooks, "path"> & { readonly path: boolean };

const NO_GRAPH: FlowGraph = { nodes: new Map(), edges: [], lanes: [] };
const NO_LOOKS: SceneLooks = {
  filter: { text: "", phases: new Set() },
  region: undefined,
  family: undefined,
  culprits: true,
  path: false,
};

/** A flow as a map: its graph, where everything stands, and what of it stands out. */
export class Scene {
  readonly #rows = new RowCache();
  readonly #folded = new Set<string>();
  readonly #layouter: Pick<Layouter, "request">;
  readonly #onChange: (change: SceneChange) => void;
  readonly #room: () => Size | undefined;
  /** What is being laid out, until it is. */
  #next: FlowGraph | undefined;
  #graph = NO_GRAPH;
  /** As it was made, and with the columns where they are shown. */
  #made: Layout | undefined;
  #layout: Layout | undefined;
  #shapes: ReadonlyMap<string, EdgeShape> = new Map();
  #near: Neighbours = { before: new Map(), behind: new Map() };
  #marks: Marks = { forward: undefined, hits: [], filtering: false, blocked: new Set() };
  #looks = NO_LOOKS;
  #now = 0;

  /**
   * @param layouter gives its layouts to {@linkcode lay}
   * @param onChange told when there is something new to see
   * @param room the view to be filled; without one columns stay as wide as they are
   */
  constructor(
    layouter: Pick<Layouter, "request">,
    onChange: (change: SceneChange) => void,
    room: () => Size | undefined = () => undefined,
  ) {
    this.#layouter = layouter;
    this.#onChange = onChange;
    this.#room = room;
  }

  get graph(): FlowGraph {
    return this.#graph;
  }

  /** Absent until the first one has been made. */
  get layout(): Layout | undefined {
    return this.#layout;
  }

  get shapes(): ReadonlyMap<string, EdgeShape> {
    return this.#shapes;
  }

  get near(): Neighbours {
    return this.#near;
  }

  get marks(): Marks {
    return this.#marks;
  }

  /** A filter or a search leaves this node out. */
  isHidden(key: string): boolean {
    return this.#marks.filtering && this.#marks.forward?.has(key) === false;
  }

  /** Takes a state; a new structure is shown once it has been laid out. */
  show(state: Readonly<FlowState>, now: number): void {
    this.#now = now;
    const graph = flowGraph(state, this.#folded, this.#rows);
    if (this.#layout !== undefined && sameStructure(graph, this.#graph)) {
      this.#next = undefined;
      return this.#take(graph, false);
    }
    const asked = this.#next !== undefined && sameStructure(graph, this.#next);
    this.#next = graph;
    if (asked) return;
    this.#layouter.request({
      nodes: [...graph.nodes.values()].map(({ key, lane }) => ({ key, lane })),
      edges: graph.edges.map(({ from, to }) => ({ from, to })),
      lanes: graph.lanes.map(({ key }) => key),
    }, this.#made);
  }

  /** Takes the layout of what was shown last. */
  lay(layout: Layout): void {
    const graph = this.#next;
    if (graph === undefined) return;
    this.#next = undefined;
    this.#space(layout);
    this.#near = neighboursOf(graph);
    this.#take(graph, true);
  }

  /** Widens the columns of a high map to fill the view, which has changed. */
  fill(): void {
    const before = this.#layout;
    if (this.#made !== undefined) this.#space(this.#made);
    if (before?.width === this.#layout?.width) return;
    this.#onChange({ laidOut: true, marked: false, changed: [] });
  }

  /** Lets other nodes stand out. */
  look(looks: SceneLooks): void {
    this.#looks = looks;
    this.#mark();
  }

  /** Folds a group, or unfolds it; the next state that is shown has it so. */
  toggleFold(group: string): void {
    if (!this.#folded.delete(group)) this.#folded.add(group);
  }

  #space(made: Layout): void {
    const { width = 0, height = 0 } = this.#room() ?? {};
    const room = { width: width - 2 * FIT_MARGIN, height: height - 2 * FIT_MARGIN };
    const spacing = room.width > 0 && room.height > 0
      ? spacingFor(made, room, MAX_FIT)
      : this.#layout?.spacing ?? CLOSE;
    const { nodeWidth, gap } = this.#layout?.spacing ?? {};
    if (made === this.#made && nodeWidth === spacing.nodeWidth && gap === spacing.gap) return;
    this.#made = made;
    this.#layout = spaced(made, spacing);
    this.#shapes = shapesOf(this.#layout);
  }

  #take(graph: FlowGraph, laidOut: boolean): void {
    const before = this.#graph;
    this.#graph = graph;
    const changed = [...graph.nodes.values()].filter(({ key, row }) =>
      before.nodes.get(key)?.row !== row
    );
    const labelled = !laidOut && !sameLabels(before, graph);
    if (changed.length === 0 && !laidOut && !labelled) return;
    this.#onChange({ laidOut, marked: this.#mark(), changed, ...labelled && { labelled } });
  }

  /** @returns whether others stand out than before */
  #mark(): boolean {
    const before = this.#marks;
    this.#marks = marksOf(this.#graph, this.#near, { ...this.#looks, path: this.#path() });
    return !sameSet(before.forward, this.#marks.forward) ||
      !sameSet(before.blocked, this.#marks.blocked);
  }

  #path(): readonly string[] {
    if (!this.#looks.path) return [];
    return criticalPath(this.#graph, this.#near, (key) => {
      const row = this.#graph.nodes.get(key)?.row;
      return (row && tookUntil(row, this.#now)) || 1;
    });
  }
}

function sameSet(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.size === b.size &&
    [...a].every((key) => b.has(key)));
}
