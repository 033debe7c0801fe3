import {
  constructFromEvents,
  type Event,
  EVENT_DOCUMENT,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  EVENT_SEQUENCE,
  parseEvents,
  YAMLException,
} from "js-yaml";
import { StoryError } from "./story_error.ts";

/** Where something stands in a document: its keys and indexes, from the root on. */
export type Path = readonly PropertyKey[];

/** One document of a file, which knows the line of each of its fields. */
export interface SourceDocument {
  readonly value: unknown;
  /** The line, from 1, of a field, or of the nearest thing around it that is there. */
  lineOf(path: Path): number;
}

/**
 * Reads all documents of a YAML (or JSON) text.
 *
 * @param file stands in errors
 * @throws {StoryError} with the line, when it is no YAML
 */
export function readDocuments(text: string, file: string): SourceDocument[] {
  let events: Event[];
  let values: unknown[];
  try {
    events = parseEvents(text, {});
    values = constructFromEvents(events, { source: text });
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause;
    const line = (cause.mark?.line ?? 0) + 1;
    throw new StoryError(`${file}:${line}: is no YAML: ${cause.reason}`, { cause });
  }
  const lines = lineStarts(text);
  return positions(events, text).map((offsets, index) => ({
    value: values[index],
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const offset = offsets.get(keyOf(path.slice(0, length)));
        if (offset !== undefined) return lineAt(lines, offset);
      }
      return 1;
    },
  }));
}

/** Offsets of all fields, by path; a field of a mapping stands where its key does. */
function positions(events: readonly Event[], text: string): Map<string, number>[] {
  const documents: Map<string, number>[] = [];
  let at = 0;
  const note = (offsets: Map<string, number>, path: Path, offset: number) => {
    const key = keyOf(path);
    if (!offsets.has(key)) offsets.set(key, offset);
  };
  const read = (offsets: Map<string, number>, path: Path): void => {
    const event = events[at++];
    if (event === undefined) return;
    if (event.type === EVENT_SCALAR) note(offsets, path, event.valueStart);
    if (event.type === EVENT_SEQUENCE) {
      note(offsets, path, event.start);
      for (let index = 0; !isEnd(events[at]); index++) read(offsets, [...path, index]);
      at++;
    }
    if (event.type === EVENT_MAPPING) {
      note(offsets, path, event.start);
      while (!isEnd(events[at])) {
        const key = events[at];
        const field = key?.type === EVENT_SCALAR ? text.slice(key.valueStart, key.valueEnd) : "";
        if (key?.type === EVENT_SCALAR) note(offsets, [...path, field], key.valueStart);
        // The key itself may be anything; only texts can be asked for.
        read(new Map(), []);
        read(offsets, [...path, field]);
      }
      at++;
    }
  };
  while (at < events.length) {
    const event = events[at];
    if (event?.type === EVENT_DOCUMENT) {
      at++;
      const offsets = new Map<string, number>();
      if (!isEnd(events[at])) read(offsets, []);
      documents.push(offsets);
    } else at++;
  }
  return documents;
}

function isEnd(event: Event | undefined): boolean {
  return event === undefined || event.type === EVENT_POP || event.type === EVENT_DOCUMENT;
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function lineAt(starts: readonly number[], offset: number): number {
  const next = starts.findIndex((start) => start > offset);
  return next < 0 ? starts.length : next;
}
