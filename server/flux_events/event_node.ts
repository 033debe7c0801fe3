import type { FlowNode } from "../../contracts/flow.ts";
import { isSettled } from "../../contracts/phase.ts";
import { type Note, readNotes, tellingNote, withNote } from "./note.ts";
import { objectId, type ObjectName } from "./object_id.ts";
import type { Place } from "./place.ts";

/** Marks, as `meta.emittedBy`, what was made of events alone. */
export const EMITTER = "flux-events";

/** Whether a node was made of events alone, so that an event may change it. */
export function isOfEvents({ meta }: FlowNode): boolean {
  return meta?.["emittedBy"] === EMITTER;
}

/**
 * The node of an object after one more note. A node that adapters would draw finer: an event says
 * what came to an end, seldom what began, and nothing of what never happened.
 *
 * @param before the node as it is, made of events too
 * @returns undefined when the object is gone
 */
export function eventNode(
  place: Place,
  object: ObjectName,
  note: Note,
  before: FlowNode | undefined,
): FlowNode | undefined {
  const notes = withNote(readNotes(before?.meta?.["notes"]), note);
  const telling = tellingNote(notes);
  if (telling?.meaning.status === "gone") return undefined;
  const { kind, namespace, name } = object;
  const status = telling?.meaning.status ?? "pending";
  const blockedBy = telling?.meaning.state === "blocked"
    ? blockers(place, kind, telling.note.message)
    : [];
  const revision = notes.find((one) => one.revision !== undefined)?.revision;
  return {
    id: objectId(place, object),
    flowId: place.flowId,
    label: name,
    status,
    family: name.replace(/^bp-(?=.)/, ""),
    region: place.regionKey,
    ...(telling === undefined || status === "pending"
      ? {}
      : isSettled(status)
      ? { endedAt: telling.note.at }
      : { startedAt: telling.note.at }),
    meta: {
      kind,
      namespace,
      state: telling?.meaning.state ?? "queued",
      ...(telling === undefined ? {} : {
        reason: telling.note.reason,
        message: messageOf(notes, telling.note),
        since: telling.note.at,
      }),
      ...(blockedBy.length === 0 ? {} : { blockedBy }),
      ...(revision === undefined ? {} : { revision }),
      emittedBy: EMITTER,
      notes,
    },
  };
}

/** As long as the messages of conditions are: helm-controller adds its log to those of events. */
const HELM_LOGS = "\n\nLast Helm logs:";

/** What a note says; that of a remedy says first what it was for, as an adapter does. */
function messageOf(notes: readonly Note[], note: Note): string {
  const [message = ""] = note.message.split(HELM_LOGS, 1);
  if (!/^(Rollback|Uninstall)/.test(note.reason)) return message;
  const cause = notes.slice(notes.indexOf(note) + 1)
    .find(({ reason }) => /^(Install|Upgrade|Test)(Failed|Succeeded)$/.test(reason));
  if (cause === undefined || cause.reason.endsWith("Succeeded")) return message;
  return `${cause.message.split(HELM_LOGS, 1)[0]}; ${message}`;
}

/** The controllers name the first dependency that is not ready: `dependency 'ns/name' is not ready`. */
function blockers(place: Place, kind: string, message: string): string[] {
  const [, namespace, name] = /'([^'/]+)\/([^'/]+)'/.exec(message) ?? [];
  return namespace && name ? [objectId(place, { kind, namespace, name })] : [];
}
