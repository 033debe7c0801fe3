import type { FlowNode } from "../../../contracts/flow.ts";
import type { FlowState } from "../../../contracts/fold.ts";
import { blockersOf, type NodeRow, nodeRow } from "./node_row.ts";

/**
 * Gives the same row object for as long as nothing in it changes, so that two thousand rows of which
 * one has changed cost one row. A fold replaces nodes whole, so a node's identity is its content.
 */
export class RowCache {
  readonly #rows = new WeakMap<FlowNode, NodeRow>();
  readonly #blockers = new WeakMap<FlowNode, readonly (FlowNode | undefined)[]>();

  rowOf(node: FlowNode, state: FlowState): NodeRow {
    const blockers = blockersOf(node, state);
    const known = this.#rows.get(node);
    if (known !== undefined && sameItems(blockers, this.#blockers.get(node))) return known;
    const row = nodeRow(node, state);
    this.#rows.set(node, row);
    this.#blockers.set(node, blockers);
    return row;
  }
}

/** Whether two lists hold the very same items. */
export function sameItems<T>(a: readonly T[], b: readonly T[] | undefined): boolean {
  return a.length === b?.length && a.every((item, at) => item === b[at]);
}
