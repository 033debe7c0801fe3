/** Bundled for the browser: the same graph laid out by us, dagre and ELK, each timed. */
import dagre from "@dagrejs/dagre";
import elk from "elkjs";
import { COLUMN, NODE_GAP, NODE_HEIGHT, NODE_WIDTH } from "../../../server/ui/layout/geometry.ts";
import { layout, type LayoutInput } from "../../../server/ui/layout/layout.ts";

const SPACE = { width: NODE_WIDTH, height: NODE_HEIGHT };

const LAYOUTS = {
  headrace: (input: LayoutInput) => void layout(input),
  dagre: ({ nodes, edges }: LayoutInput) => {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: "LR", nodesep: NODE_GAP, ranksep: COLUMN - NODE_WIDTH });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const { key } of nodes) graph.setNode(key, { ...SPACE });
    for (const { from, to } of edges) graph.setEdge(from, to);
    dagre.layout(graph);
  },
  elkjs: async ({ nodes, edges }: LayoutInput) => {
    await new elk.default().layout({
      id: "root",
      layoutOptions: { "elk.algorithm": "layered", "elk.direction": "RIGHT" },
      children: nodes.map(({ key }) => ({ id: key, ...SPACE })),
      edges: edges.map(({ from, to }, at) => ({ id: `e${at}`, sources: [from], targets: [to] })),
    });
  },
};

export type LayoutName = keyof typeof LAYOUTS;

/** Milliseconds that each of `runs` layouts takes; the first one meets code that nobody has run yet. */
async function timeLayout(name: LayoutName, input: LayoutInput, runs: number): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await LAYOUTS[name](input);
    times.push(performance.now() - start);
  }
  return times;
}

export type TimeLayout = typeof timeLayout;

Object.assign(globalThis, { timeLayout });
