import type { FlowGraph, GraphNode } from "../graph/flow_graph.ts";
import type { Neighbours } from "../graph/reach.ts";
import { PHASE_NOUNS } from "../view/phase.ts";
import { arrange } from "../dom/arrange.ts";
import { setAttribute, setText } from "../dom/parts.ts";
import type { Layout } from "../layout/layout.ts";
import { element } from "./element.ts";

/**
 * The map as a list of buttons, one a node, for those who do not see it and for the keyboard. Arrows
 * follow the edges.
 */
export class Mirror {
  readonly element = element("div", { class: "mirror", role: "group", "aria-label": "Nodes" });
  readonly #buttons = new Map<string, HTMLButtonElement>();
  readonly #items = new Map<string, HTMLElement>();
  readonly #lanes = new Map<string, { root: HTMLElement; list: HTMLElement; title: HTMLElement }>();
  readonly #nodes = new WeakMap<HTMLElement, GraphNode>();
  #roving: string | undefined;
  #layout: Layout | undefined;

  constructor(onFocus: (key: string) => void, onChoose: (key: string) => void) {
    const keyOf = ({ target }: Event) => target instanceof HTMLElement ? target.dataset["key"] : "";
    this.element.addEventListener("focusin", (event) => {
      const key = keyOf(event);
      if (!key) return;
      this.#rove(key);
      onFocus(key);
    });
    this.element.addEventListener("click", (event) => {
      const key = keyOf(event);
      if (key) onChoose(key);
    });
  }

  update(
    graph: FlowGraph,
    layout: Layout,
    { before, behind }: Neighbours,
    selected: string | undefined,
    hidden: (key: string) => boolean,
  ): void {
    // The order hangs on the layout alone; arranging thousands of buttons at each status would cost
    // more than drawing the map.
    if (layout !== this.#layout) this.#arrange(graph, layout);
    this.#layout = layout;
    for (const node of graph.nodes.values()) {
      const made = this.#buttons.get(node.key);
      if (made === undefined) continue;
      if (made.hidden !== hidden(node.key)) made.hidden = !made.hidden;
      setAttribute(made, "aria-pressed", String(node.key === selected));
      const links = `${before.get(node.key)?.length ?? 0}/${behind.get(node.key)?.length ?? 0}`;
      if (this.#nodes.get(made)?.row === node.row && made.dataset["links"] === links) continue;
      this.#nodes.set(made, node);
      made.dataset["links"] = links;
      made.dataset["phase"] = node.row.phase;
      made.dataset["node"] = node.row.id;
      made.dataset["region"] = node.row.region;
      setText(
        made,
        describe(node, before.get(node.key)?.length ?? 0, behind.get(node.key)?.length ?? 0),
      );
    }
    if (this.#roving === undefined || !graph.nodes.has(this.#roving)) {
      this.#roving = undefined;
      const first = this.element.querySelector<HTMLButtonElement>("button:not([hidden])");
      if (first?.dataset["key"]) this.#rove(first.dataset["key"]);
    }
  }

  #arrange(graph: FlowGraph, layout: Layout): void {
    const byLane = new Map<string, GraphNode[]>();
    for (const node of graph.nodes.values()) {
      const list = byLane.get(node.lane);
      if (list === undefined) byLane.set(node.lane, [node]);
      else list.push(node);
    }
    const at = (key: string) => layout.nodes.get(key);
    const roots: HTMLElement[] = [];
    for (const { key, title } of graph.lanes) {
      let lane = this.#lanes.get(key);
      if (lane === undefined) {
        const heading = element("p");
        const list = element("ul");
        lane = { root: element("div", {}, heading, list), list, title: heading };
        this.#lanes.set(key, lane);
      }
      setText(lane.title, title || "No region");
      const nodes = (byLane.get(key) ?? []).sort((a, b) =>
        (at(a.key)?.layer ?? 0) - (at(b.key)?.layer ?? 0) ||
        (at(a.key)?.y ?? 0) - (at(b.key)?.y ?? 0)
      );
      arrange(lane.list, nodes.map((node) => this.#item(node)));
      roots.push(lane.root);
    }
    arrange(this.element, roots);
    for (const key of this.#items.keys()) {
      if (graph.nodes.has(key)) continue;
      this.#items.delete(key);
      this.#buttons.delete(key);
    }
  }

  /** Moves the focus to a node. */
  focus(key: string): void {
    this.#buttons.get(key)?.focus({ preventScroll: true });
  }

  get focused(): string | undefined {
    const active = (this.element.getRootNode() as ShadowRoot).activeElement;
    return active instanceof HTMLElement && this.element.contains(active)
      ? active.dataset["key"]
      : undefined;
  }

  /** One node at a time is in the tab order; arrows lead to the others. */
  #rove(key: string): void {
    this.#buttons.get(this.#roving ?? "")?.setAttribute("tabindex", "-1");
    this.#roving = key;
    this.#buttons.get(key)?.setAttribute("tabindex", "0");
  }

  #item({ key }: GraphNode): HTMLElement {
    let item = this.#items.get(key);
    if (item === undefined) {
      const made = element("button", { type: "button", tabindex: "-1" });
      made.dataset["key"] = key;
      item = element("li", {}, made);
      this.#buttons.set(key, made);
      this.#items.set(key, item);
    }
    return item;
  }
}

/** What is read aloud of a node. */
export function describe({ row, folds }: GraphNode, before: number, behind: number): string {
  const parts = [`${row.label}, ${PHASE_NOUNS[row.phase]}`];
  if (folds > 0) parts.push(`folded group of ${folds}`);
  if (row.state.toLowerCase() !== row.phase) parts.push(row.state);
  if (row.reason !== "") parts.push(row.reason);
  if (row.waitsFor.length > 0) {
    parts.push(`waits for ${row.waitsFor.map(({ label }) => label).join(", ")}`);
  }
  parts.push(`${before} before it, ${behind} behind it`);
  return parts.join("; ");
}

/** Where an arrow key leads from a node: along its edges, or within its column. */
export function follow(
  key: string,
  arrow: string,
  layout: Layout,
  { before, behind }: Neighbours,
  hidden: (key: string) => boolean,
): string | undefined {
  const here = layout.nodes.get(key);
  if (here === undefined) return undefined;
  const away = (other: string) => Math.abs((layout.nodes.get(other)?.y ?? 0) - here.y);
  const nearest = (keys: readonly string[]) =>
    keys.filter((other) => layout.nodes.has(other) && !hidden(other))
      .sort((a, b) => away(a) - away(b) || (a < b ? -1 : 1))[0];
  switch (arrow) {
    case "ArrowRight":
      return nearest(behind.get(key) ?? []);
    case "ArrowLeft":
      return nearest(before.get(key) ?? []);
    case "ArrowUp":
    case "ArrowDown": {
      const down = arrow === "ArrowDown";
      const column = [...layout.nodes.values()].filter(({ layer, y }) =>
        layer === here.layer && (down ? y > here.y : y < here.y)
      );
      return nearest(column.map((node) => node.key));
    }
    default:
      return undefined;
  }
}
