import type { FlowNode } from "../../contracts/flow.ts";
import { type NodeSettings, objectNode } from "./object_node.ts";
import type { ObjectStatus } from "./object_status.ts";
import type { Source } from "./source.ts";

/** A source as a node of the flow. */
export function sourceNode(
  settings: NodeSettings,
  object: Source,
  status: ObjectStatus,
): FlowNode {
  const { revision, url } = object;
  return objectNode(settings, object, status, undefined, {
    ...(revision === undefined ? {} : { revision }),
    ...(url === undefined ? {} : { url }),
  });
}
