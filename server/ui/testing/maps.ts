import type { FlowNode, Relationship } from "../../../contracts/flow.ts";
import { foldInto } from "../../../contracts/fold.ts";
import { nodeKey } from "../../../contracts/relationship_key.ts";
import { flowGraph } from "../graph/flow_graph.ts";
import { neighboursOf } from "../graph/reach.ts";
import { layout } from "../layout/layout.ts";
import { FLOW, stateOf } from "./rows.ts";

/** The graph of these nodes, its neighbours and its layout. */
export function mapOf(nodes: FlowNode[], relationships: Relationship[], folded: string[] = []) {
  const key = (id: string) => nodeKey({ flowId: FLOW, id });
  const state = stateOf(...nodes);
  foldInto(state, { type: "upsert-rels", relationships });
  const graph = flowGraph(state, new Set(folded.map(key)));
  const made = layout({
    nodes: [...graph.nodes.values()],
    edges: graph.edges,
    lanes: graph.lanes.map((lane) => lane.key),
  });
  return { graph, layout: made, near: neighboursOf(graph), key };
}
