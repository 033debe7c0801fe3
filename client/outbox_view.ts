import { formatCursor } from "../contracts/cursor.ts";
import type { FlowInstance, FlowMessage, FlowNode } from "../contracts/flow.ts";
import { emptyFlowState, type FlowState, foldInto } from "../contracts/fold.ts";
import { ownedBy } from "./outbox_diff.ts";
import type { LogPosition, SnapshotAnswer } from "./outbox_http.ts";
import type { FlowRule, Ownership } from "./outbox_part.ts";

/** What a router is known to have of a flow. */
export interface View {
  /** What the emitter answers for; changes in place as its messages are accepted. */
  readonly owned: FlowState;
  /** The others' nodes that the flow object follows from. */
  readonly watched: readonly FlowNode[];
  /** Absent when the router has no flow object. */
  readonly flow: FlowInstance | undefined;
  readonly position: LogPosition | undefined;
  /** Of a state that all of the above is taken from. */
  readonly etag: string | undefined;
}

/** Whose view it is. */
export interface Viewer {
  readonly flowId: string;
  readonly owns: Ownership;
  readonly flowRule?: FlowRule | undefined;
}

/** What an answer shows; the position of an older answer serves routers that tell none. */
export function viewOf(
  { flowId, owns, flowRule }: Viewer,
  answer: Exclude<SnapshotAnswer, { type: "unchanged" }>,
  before: View | undefined,
): View {
  if (answer.type === "absent") {
    return {
      owned: emptyFlowState(flowId),
      watched: [],
      flow: undefined,
      position: undefined,
      etag: undefined,
    };
  }
  const { state, flow, etag, position } = answer;
  const owned = ownedBy(owns, state);
  const isOthers = (node: FlowNode) => node.flowId === flowId && !owns.node(node);
  return {
    owned,
    watched: [...state.nodes.values()].filter((node) =>
      isOthers(node) && (flowRule?.watches(node) ?? false)
    ),
    flow,
    position: position ?? (etag === undefined ? before?.position : undefined),
    etag,
  };
}

/**
 * The view after the router has accepted `messages` and said where the last of them stands.
 *
 * @returns undefined when the messages went into another log than the one that the view shows
 */
export function afterPost(
  view: View,
  messages: readonly FlowMessage[],
  position: LogPosition,
): View | undefined {
  if (!follows(view.position, position)) return undefined;
  for (const message of messages) foldInto(view.owned, message);
  const flow = messages.findLast((message) => message.type === "upsert-flow")?.flow;
  // Without a gap nobody else has posted, so the state behind the new ETag is the one we know.
  const isGapless = position.seq === (view.position?.seq ?? 0) + messages.length &&
    (view.position === undefined ? view.etag === undefined : view.etag === etagOf(view.position));
  return {
    ...view,
    flow: flow ?? view.flow,
    position,
    etag: isGapless ? etagOf(position) : view.etag,
  };
}

/**
 * Whether `after` lies further on in the same log. A router that names no epochs is taken at its
 * seq: one that does not grow has begun anew.
 */
function follows(before: LogPosition | undefined, after: LogPosition): boolean {
  return before === undefined || (before.epoch === after.epoch && before.seq < after.seq);
}

function etagOf({ seq, epoch }: LogPosition): string | undefined {
  return epoch === undefined ? undefined : `"${formatCursor(seq, epoch)}"`;
}
