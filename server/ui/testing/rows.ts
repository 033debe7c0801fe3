import type { FlowNode } from "../../../contracts/flow.ts";
import { emptyFlowState, type FlowState, foldInto } from "../../../contracts/fold.ts";
import type { Palette } from "../canvas/palette.ts";
import type { NodeRow } from "../view/node_row.ts";

export const FLOW = "rollout";

/** A node named `id` of its region, as an emitter writes it. */
export function node(id: string, status: string, more: Partial<FlowNode> = {}): FlowNode {
  return { id, flowId: FLOW, label: id.split("/").at(-1) ?? id, status, ...more };
}

/** The state that these nodes make. */
export function stateOf(...nodes: FlowNode[]): FlowState {
  const state = emptyFlowState(FLOW);
  if (nodes.length > 0) foldInto(state, { type: "upsert-nodes", nodes });
  return state;
}

/** A line with nothing to say but what is given. */
export function row(more: Partial<NodeRow> = {}): NodeRow {
  const label = more.label ?? "node";
  return {
    key: label,
    id: label,
    label,
    region: "",
    phase: "pending",
    state: "Pending",
    suspended: false,
    reason: "",
    message: "",
    waitsFor: [],
    since: undefined,
    startedAt: undefined,
    endedAt: undefined,
    ...more,
  };
}

/** A colour for each token, no two alike. */
export const PALETTE: Palette = {
  page: "#000000",
  panel: "#111111",
  raised: "#222222",
  line: "#333333",
  text: "#ffffff",
  soft: "#aaaaaa",
  focus: "#00ffff",
  failed: "#ff0000",
  running: "#0000ff",
  pending: "#808080",
  other: "#ff00ff",
  succeeded: "#00ff00",
  warn: "#ffff00",
};
