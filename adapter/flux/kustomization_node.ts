import type { FlowNode } from "../../contracts/flow.ts";
import type { Kustomization } from "./kustomization.ts";
import { type NodeSettings, objectNode } from "./object_node.ts";
import type { ObjectStatus } from "./object_status.ts";

/** A Kustomization as a node of the flow. */
export function kustomizationNode(
  settings: NodeSettings,
  object: Kustomization,
  status: ObjectStatus,
): FlowNode {
  const { revision, path, source, namespace, inventorySize } = object;
  return objectNode(settings, object, status, source, {
    ...(revision === undefined ? {} : { revision }),
    ...(path === undefined ? {} : { path }),
    ...(source === undefined ? {} : {
      source: {
        kind: source.kind,
        name: source.name,
        ...(source.namespace === namespace ? {} : { namespace: source.namespace }),
      },
    }),
    ...(inventorySize === 0 ? {} : { objects: inventorySize }),
  });
}
