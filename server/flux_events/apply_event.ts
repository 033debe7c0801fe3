import type { FlowMessage } from "../../contracts/flow.ts";
import type { FluxEvent } from "../../contracts/flux_event.ts";
import { emptyFlowState, type FlowState } from "../../contracts/fold.ts";
import { flowOfRegions, isRegionNode } from "../../contracts/region.ts";
import { nodeKey, relationshipKey } from "../../contracts/relationship_key.ts";
import { eventNode, isOfEvents } from "./event_node.ts";
import { noteOf } from "./note.ts";
import { objectId } from "./object_id.ts";
import type { Place } from "./place.ts";
import { regionNode } from "./region.ts";

/** What is to be done for an event. */
export type Effect =
  | { readonly result: "applied"; readonly messages: readonly FlowMessage[] }
  /** It says nothing that is not known already. */
  | { readonly result: "unchanged" }
  /** Somebody who knows more reports the region or the object. */
  | { readonly result: "ignored" };

/**
 * What an event changes in a flow. Pure. An event is partial: it may come late, twice or not at all,
 * and so it never touches what an adapter, which sees the objects themselves, has written.
 *
 * @param state the flow as it is; undefined when it does not exist
 * @param now Unix ms
 */
export function applyEvent(
  place: Place,
  event: FluxEvent,
  state: Readonly<FlowState> | undefined,
  now: number,
): Effect {
  const { flowId, regionKey } = place;
  const known = state ?? emptyFlowState(flowId);
  const object = event.involvedObject;
  const id = objectId(place, object);
  const node = known.nodes.get(nodeKey({ flowId, id }));
  const region = known.nodes.get(nodeKey({ flowId, id: regionKey }));
  if ([node, region].some((one) => one !== undefined && !isOfEvents(one))) {
    return { result: "ignored" };
  }

  const note = noteOf(event, now);
  const next = eventNode(place, object, note, node);
  if (next === undefined && node === undefined) return { result: "unchanged" };
  const members = [...known.nodes.values()].filter((one) =>
    one.flowId === flowId && one.region === regionKey && one.id !== regionKey && one.id !== id
  );
  if (next !== undefined) members.push(next);
  const nextRegion = regionNode(place, members, Math.min(region?.startedAt ?? note.at, note.at));
  const regions = [...known.nodes.values()].filter((one) =>
    isRegionNode(one) && one.id !== regionKey
  );
  const flow = flowOfRegions(known.flow, [...regions, nextRegion]);

  const messages: FlowMessage[] = [];
  if (next === undefined) messages.push({ type: "delete-nodes", ids: [id] });
  const nodes = [
    ...next === undefined || equal(next, node) ? [] : [next],
    ...equal(nextRegion, region) ? [] : [nextRegion],
  ];
  if (nodes.length > 0) messages.push({ type: "upsert-nodes", nodes });
  const edge = { fromId: id, toId: regionKey, type: "contains" as const };
  if (next !== undefined && !known.relationships.has(relationshipKey(flowId, edge))) {
    messages.push({ type: "upsert-rels", relationships: [edge] });
  }
  if (!equal(flow, known.flow)) messages.push({ type: "upsert-flow", flow });
  return messages.length === 0 ? { result: "unchanged" } : { result: "applied", messages };
}

/** Both were made by the same code, so equal values have their fields in the same order. */
function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
