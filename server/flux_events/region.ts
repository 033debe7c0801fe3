import type { FlowNode } from "../../contracts/flow.ts";
import { regionOf } from "../../contracts/region.ts";
import { EMITTER } from "./event_node.ts";
import type { Place } from "./place.ts";

/**
 * The node that holds what events tell of a region.
 *
 * @param nodes what it holds
 * @param since when the oldest event happened, in Unix ms
 */
export function regionNode(place: Place, nodes: readonly FlowNode[], since: number): FlowNode {
  const region = regionOf(place, nodes, since);
  return { ...region, meta: { ...region.meta, emittedBy: EMITTER } };
}
