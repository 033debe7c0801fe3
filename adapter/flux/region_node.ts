import { least } from "../../contracts/extremes.ts";
import type { FlowNode } from "../../contracts/flow.ts";
import { regionOf } from "../../contracts/region.ts";
import type { FluxObject } from "./flux_object.ts";

/** The node that holds what a region shows; it began with the oldest of its objects. */
export function regionNode(
  settings: { readonly flowId: string; readonly regionKey: string },
  objects: readonly Pick<FluxObject, "createdAt">[],
  nodes: readonly FlowNode[],
): FlowNode {
  const created = objects.flatMap(({ createdAt }) => createdAt ?? []);
  return regionOf(settings, nodes, created.length === 0 ? undefined : least(created));
}
