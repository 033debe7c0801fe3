import { wordOf } from "../view/phase.ts";
import type { FlowGraph, GraphEdge } from "./flow_graph.ts";

/** The map as a Mermaid flowchart. */
export function toMermaid(graph: FlowGraph): string {
  const ids = idsOf(graph);
  const lines = ["flowchart LR"];
  for (const lane of graph.lanes) {
    lines.push(`  subgraph ${ids.get(lane.key)}["${entities(lane.title || "No region")}"]`);
    for (const { key, row } of graph.nodes.values()) {
      if (graph.nodes.get(key)?.lane !== lane.key) continue;
      lines.push(`    ${ids.get(key)}["${entities(row.label)}"]:::${row.phase}`);
    }
    lines.push("  end");
  }
  for (const edge of graph.edges) {
    const arrow = edge.condition === "on-failure" || edge.type === "triggers" ? "-.->" : "-->";
    const label = edgeLabel(edge);
    lines.push(
      `  ${ids.get(edge.from)} ${arrow}${label && `|"${entities(label)}"|`} ${ids.get(edge.to)}`,
    );
  }
  lines.push(
    "  classDef failed fill:#c9252d,color:#fff",
    "  classDef running fill:#0b63ce,color:#fff",
    "  classDef succeeded fill:#19752f,color:#fff",
    "  classDef pending fill:#687585,color:#fff",
    "  classDef other fill:#7a3fc0,color:#fff",
  );
  return lines.join("\n") + "\n";
}

/** The map in Graphviz's language. */
export function toDot(graph: FlowGraph): string {
  const lines = ["digraph flow {", "  rankdir=LR;", "  node [shape=box, style=rounded];"];
  for (const [at, lane] of graph.lanes.entries()) {
    lines.push(`  subgraph cluster_${at} {`, `    label=${quoted(lane.title || "No region")};`);
    for (const { lane: own, row } of graph.nodes.values()) {
      if (own !== lane.key) continue;
      lines.push(`    ${quoted(row.id)} [label=${quoted(`${row.label}\n${wordOf(row.state)}`)}];`);
    }
    lines.push("  }");
  }
  const id = (key: string) => quoted(graph.nodes.get(key)?.row.id ?? key);
  for (const edge of graph.edges) {
    const label = edgeLabel(edge);
    const style = edge.condition === "on-failure" ? ", style=dashed" : "";
    lines.push(`  ${id(edge.from)} -> ${id(edge.to)} [label=${quoted(label)}${style}];`);
  }
  return [...lines, "}"].join("\n") + "\n";
}

const SHORT: Readonly<Record<GraphEdge["type"], string>> = {
  "finish-to-start": "",
  "start-to-start": "SS",
  "finish-to-finish": "FF",
  "start-to-finish": "SF",
  triggers: "⚡",
};

/** What stands at an edge: its label, or its type, unless it is the usual one, and its lag. */
export function edgeLabel({ type, lag, condition, label }: GraphEdge): string {
  if (label !== "") return label;
  const parts = [SHORT[type]];
  if (condition === "on-failure") parts.push("on failure");
  if (condition === "always") parts.push("always");
  if (lag !== undefined) parts.push(`+${lag}s`);
  return parts.filter((part) => part !== "").join(" ");
}

function idsOf(graph: FlowGraph): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { key } of graph.lanes) ids.set(key, `r${ids.size}`);
  for (const key of graph.nodes.keys()) ids.set(key, `n${ids.size}`);
  return ids;
}

// Mermaid has no escape inside quotes but character entities (mermaid.js.org, "Entity codes").
const entities = (text: string) =>
  text.replaceAll(/[#"<>&\n]/g, (found) => `#${found.charCodeAt(0)};`);

const quoted = (text: string) =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
