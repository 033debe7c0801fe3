import type { GraphNode } from "../graph/flow_graph.ts";
import type { Neighbours } from "../graph/reach.ts";
import type { FlowGraph } from "../graph/flow_graph.ts";
import { formatAgo, formatDuration } from "../view/duration.ts";
import { tookUntil } from "../view/node_row.ts";
import { PHASE_NOUNS } from "../view/phase.ts";
import { setAttribute, setText } from "../dom/parts.ts";
import type { Size } from "./camera.ts";
import { button, element } from "./element.ts";

/** All that is known of the chosen node. */
export class Panel {
  readonly element = element("aside", { class: "panel", "aria-label": "Chosen node" });
  readonly #body = element("div");
  readonly #onGo: (key: string) => void;
  #shown = "";

  constructor(onGo: (key: string) => void, onClose: () => void) {
    this.#onGo = onGo;
    this.element.hidden = true;
    this.element.append(button("✕", "Close (Esc)", onClose), this.#body);
  }

  /** What of the view it lies over, in pixels: its right side, or on a phone its lower part. */
  covers(view: Size): { right: number; bottom: number } {
    const { width, height } = this.element.getBoundingClientRect();
    return width > view.width / 2 ? { right: 0, bottom: height } : { right: width, bottom: 0 };
  }

  update(node: GraphNode | undefined, graph: FlowGraph, near: Neighbours, now: number): void {
    this.element.hidden = node === undefined;
    if (node === undefined) {
      this.#shown = "";
      return;
    }
    const facts = factsOf(node, now);
    const blockers = near.before.get(node.key) ?? [];
    const blocks = near.behind.get(node.key) ?? [];
    const links = [...blockers, "|", ...blocks].map((key) =>
      key + (graph.nodes.get(key)?.row.phase ?? "")
    );
    const told = JSON.stringify([node.key, facts.map(([term]) => term), links, node.node?.meta]);
    // Built anew only when its parts change: a link must not go away under the pointer.
    if (told === this.#shown) {
      const values = this.#body.querySelectorAll("dd[data-fact]");
      for (const [at, [, value]] of facts.entries()) {
        const there = values[at];
        if (there !== undefined) setText(there, value);
      }
      return;
    }
    this.#shown = told;
    setAttribute(this.element, "data-phase", node.row.phase);
    const list = element("dl");
    for (const [term, value] of facts) {
      list.append(element("dt", {}, term), element("dd", { "data-fact": term }, value));
    }
    const parts: Node[] = [element("h2", {}, node.row.label), list];
    if (blockers.length > 0) parts.push(this.#links("Depends on", blockers, graph));
    if (blocks.length > 0) parts.push(this.#links("Needed by", blocks, graph));
    const trace = traceOf(node);
    if (trace !== undefined) {
      const link = element("a", { href: trace, target: "_blank", rel: "noreferrer" }, "Open trace");
      parts.push(element("p", {}, link));
    }
    if (node.node?.meta !== undefined) {
      const raw = element("pre", { tabindex: "0" }, JSON.stringify(node.node.meta, null, 2));
      parts.push(element("details", {}, element("summary", {}, "Raw meta"), raw));
    }
    this.#body.replaceChildren(...parts);
  }

  #links(title: string, keys: readonly string[], graph: FlowGraph): HTMLElement {
    const list = element("ul");
    for (const key of keys) {
      const row = graph.nodes.get(key)?.row;
      if (row === undefined) continue;
      const go = button(
        row.label,
        `${row.label}, ${PHASE_NOUNS[row.phase]}`,
        () => this.#onGo(key),
      );
      go.dataset["phase"] = row.phase;
      list.append(element("li", {}, go));
    }
    return element("section", {}, element("h3", {}, title), list);
  }
}

/** What the panel says of a node, in its order; only what is known. */
export function factsOf({ row, node }: GraphNode, now: number): [term: string, value: string][] {
  const meta = node?.meta ?? {};
  const text = (key: string) => {
    const value = meta[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const took = tookUntil(row, now);
  const facts: [string, string][] = [
    ["Status", node?.status ?? ""],
    ["State", row.state],
    ["Reason", row.reason],
    ["Message", row.message],
    ["Waits for", row.waitsFor.map(({ label }) => label).join(", ")],
    ["Since", row.since === undefined ? "" : `${formatAgo(now - row.since)} ago`],
    ["Took", took === undefined ? "" : formatDuration(took)],
    ["Region", row.region],
    ["Family", node?.family ?? ""],
    ["Routing", [text("routing"), text("routingWhy")].filter((part) => part !== "").join(": ")],
    ["Packets", text("packets")],
    ["Revision", text("revision")],
    ["Chart", text("chart")],
    ["Id", row.id],
  ];
  return facts.filter(([, value]) => value !== "");
}

/** A link to the trace, if `meta` names one that a browser may follow. */
export function traceOf({ node }: GraphNode): string | undefined {
  const value = node?.meta?.["traceUrl"] ?? node?.meta?.["trace"];
  return typeof value === "string" && /^https?:\/\//i.test(value) ? value : undefined;
}
