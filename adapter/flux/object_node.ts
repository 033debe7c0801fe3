import type { FlowNode, Relationship } from "../../contracts/flow.ts";
import type { FluxObject, KindRef } from "./flux_object.ts";
import type { FluxKind } from "./kinds.ts";
import { type IdSettings, nodeId } from "./node_id.ts";
import type { ObjectStatus } from "./object_status.ts";

/** What nodes and edges depend on beside the objects. */
export interface NodeSettings extends IdSettings {
  readonly flowId: string;
  /** What is watched, and so may be a node. */
  readonly kinds: readonly FluxKind[];
}

/**
 * An object as a node of the flow.
 *
 * @param source what it takes its artifact from
 * @param more what only its kind has to say
 */
export function objectNode(
  settings: NodeSettings,
  object: FluxObject,
  status: ObjectStatus,
  source: KindRef | undefined,
  more: Readonly<Record<string, unknown>> = {},
): FlowNode {
  const { state, reason, message, since, startedAt, endedAt } = status;
  const { kind, namespace, name } = object;
  const blockedBy = blockers(settings, object, status, source);
  return {
    id: nodeId(settings, object),
    flowId: settings.flowId,
    label: name,
    status: status.status,
    family: object.family ?? name.replace(/^bp-(?=.)/, ""),
    region: settings.regionKey,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    meta: {
      kind,
      namespace,
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(since === undefined ? {} : { since }),
      ...(blockedBy.length === 0 ? {} : { blockedBy }),
      ...(state === "retrying" ? { retrying: true } : {}),
      ...(state === "drifted" ? { drifted: true } : {}),
      ...more,
    },
  };
}

/** The ids of what it waits for, also of what does not exist. */
function blockers(
  settings: NodeSettings,
  { kind }: FluxObject,
  { state, blockedBy }: ObjectStatus,
  source: KindRef | undefined,
): string[] {
  if (state === "waiting-source") {
    const isNode = source !== undefined &&
      settings.kinds.some((watched) => watched === source.kind);
    return isNode ? [nodeId(settings, source)] : [];
  }
  return blockedBy.map((dependency) => nodeId(settings, { kind, ...dependency }));
}

/**
 * The edges of an object: `contains` from it to its parent, and one `finish-to-start` from each of
 * its dependencies and from its source, because it cannot start before they are ready. What does not
 * exist has no edge, for there is nothing to draw it from; the object says in `blockedBy` that it
 * waits for it.
 *
 * @param parent id of the node that it is a part of
 * @param exists whether there is a node of this id
 */
export function objectRelationships(
  settings: NodeSettings,
  object: FluxObject,
  source: KindRef | undefined,
  parent: string,
  exists: (id: string) => boolean,
): Relationship[] {
  const id = nodeId(settings, object);
  const edges: Relationship[] = [{ fromId: id, toId: parent, type: "contains" }];
  const { kind } = object;
  const before = object.dependsOn.map(({ namespace, name }) =>
    nodeId(settings, { kind, namespace, name })
  );
  if (source !== undefined) before.push(nodeId(settings, source));
  for (const fromId of before) {
    if (!exists(fromId)) continue;
    edges.push({ fromId, toId: id, type: "finish-to-start", condition: "on-success" });
  }
  return edges;
}
