import type { FlowInstance, FlowNode, Relationship } from "../contracts/flow.ts";
import type { FlowState } from "../contracts/fold.ts";

/** What one emitter wants a flow to hold. */
export interface FlowPart {
  readonly nodes: readonly FlowNode[];
  readonly relationships: readonly Relationship[];
}

/**
 * Tells what of a flow one emitter answers for, now or from an earlier life: whatever it owns and
 * does not want is removed, whatever it does not own is never touched.
 */
export interface Ownership {
  node(node: FlowNode): boolean;
  relationship(relationship: Relationship): boolean;
}

/**
 * Tells stale from fresh where an emitter may have a twin that is slower or faster than itself.
 *
 * @param part what the emitter wants the router to have
 * @param known what the router has of it
 * @returns the part as the router shall have it; undefined when what the router has was made of newer
 *   knowledge than the part: then nothing is posted until another part is set
 */
export type Freshness<Part extends FlowPart = FlowPart> = (
  part: Part,
  known: FlowState,
) => FlowPart | undefined;

/** How the flow object follows from the nodes of all emitters of a flow. */
export interface FlowRule {
  /** Which nodes it follows from. The others' nodes of this kind are all that is kept of theirs. */
  watches(node: FlowNode): boolean;
  /**
   * The flow object that `nodes` amount to. All emitters of a flow must come to the same from the
   * same nodes, and applying it to its own result must change nothing; then they converge.
   *
   * @param current the router's flow object; absent when it has none
   */
  derive(nodes: readonly FlowNode[], current: FlowInstance | undefined): FlowInstance;
}
