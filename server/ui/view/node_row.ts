import type { FlowNode } from "../../../contracts/flow.ts";
import type { FlowState } from "../../../contracts/fold.ts";
import { nodeKey } from "../../../contracts/relationship_key.ts";
import { type Phase, phaseOf, wordOf } from "./phase.ts";

/** A node that another one waits for. */
export interface Blocker {
  /** The row to look at; absent when this flow holds no such node. */
  readonly key: string | undefined;
  readonly label: string;
  readonly phase: Phase;
}

/** What one line of the table says. Times are Unix milliseconds. */
export interface NodeRow {
  readonly key: string;
  readonly id: string;
  readonly label: string;
  readonly region: string;
  readonly phase: Phase;
  /** The fine word: `meta.state` where there is one, the status otherwise. */
  readonly state: string;
  /** Nobody works on it, whatever its phase says of the last time that somebody did. */
  readonly suspended: boolean;
  readonly reason: string;
  readonly message: string;
  readonly waitsFor: readonly Blocker[];
  /** When the state began. */
  readonly since: number | undefined;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

/** The line of a node, with what `meta` says in the words that our emitters use. */
export function nodeRow(node: FlowNode, state: FlowState): NodeRow {
  const meta = node.meta ?? {};
  const phase = phaseOf(node.status);
  return {
    key: nodeKey(node),
    id: node.id,
    label: node.label || node.id,
    region: node.region ?? "",
    phase,
    state: wordOf(text(meta["state"]) || node.status || "unknown"),
    suspended: meta["state"] === "suspended",
    reason: text(meta["reason"]),
    message: text(meta["message"]),
    waitsFor: blockerRows(node, state),
    since: time(meta["since"]) ?? time(node.endedAt) ??
      (phase === "pending" ? undefined : time(node.startedAt)),
    startedAt: time(node.startedAt),
    endedAt: time(node.endedAt),
  };
}

/** How long the node's run took, or has taken up to `now`, in milliseconds. */
export function tookUntil(row: NodeRow, now: number): number | undefined {
  if (row.startedAt === undefined) return undefined;
  if (row.endedAt !== undefined) return Math.max(0, row.endedAt - row.startedAt);
  return row.phase === "running" ? Math.max(0, now - row.startedAt) : undefined;
}

/** The nodes that a node waits for, in its order; undefined for those that the flow does not hold. */
export function blockersOf(node: FlowNode, state: FlowState): (FlowNode | undefined)[] {
  return blockerIds(node).map((id) => state.nodes.get(nodeKey({ flowId: node.flowId, id })));
}

function blockerRows(node: FlowNode, state: FlowState): Blocker[] {
  const ids = blockerIds(node);
  return blockersOf(node, state).map((blocker, at) =>
    blocker === undefined ? { key: undefined, label: ids[at] ?? "", phase: "other" } : {
      key: nodeKey(blocker),
      label: blocker.label || blocker.id,
      phase: phaseOf(blocker.status),
    }
  );
}

function blockerIds({ meta }: FlowNode): string[] {
  const blockedBy = meta?.["blockedBy"];
  return Array.isArray(blockedBy) ? blockedBy.filter((id) => typeof id === "string") : [];
}

// `meta` is free-form: anything but the expected type is shown as if it were absent.
function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What a Date can hold (ECMA-262 §21.4.1.1); beyond it `toISOString` throws. */
const MAX_TIME = 8.64e15;

function time(value: unknown): number | undefined {
  const milliseconds = typeof value === "string" ? Date.parse(value) : value;
  return typeof milliseconds === "number" && Math.abs(milliseconds) <= MAX_TIME
    ? milliseconds
    : undefined;
}
