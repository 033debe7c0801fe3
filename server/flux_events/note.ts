import { z } from "zod";
import type { FluxEvent } from "../../contracts/flux_event.ts";
import { type Meaning, meaningOf } from "./meaning.ts";

/** What a node keeps of an event. */
const noteSchema = z.object({
  /** When it happened, in Unix milliseconds. */
  at: z.int(),
  severity: z.enum(["trace", "info", "error"]),
  reason: z.string(),
  message: z.string(),
  revision: z.string().optional(),
});

export type Note = z.output<typeof noteSchema>;

/** Notes that a node keeps; one more when the one that tells its state is older. */
export const MAX_NOTES = 10;

/** Longest message of a note; Flux allows 39,000 characters, a map needs the beginning. */
export const MAX_NOTE_MESSAGE = 1_024;

/**
 * The note of an event.
 *
 * @param now Unix ms: an event cannot be later, or a wrong clock would have the last word for ever
 */
export function noteOf(event: FluxEvent, now: number): Note {
  const { severity, reason, message, metadata } = event;
  const revision = metadata?.["revision"];
  return {
    at: Math.min(Date.parse(event.timestamp), now),
    severity,
    reason,
    message: shorten(message),
    ...(revision ? { revision: shorten(revision) } : {}),
  };
}

/** The notes that a node's `meta.notes` holds. */
export function readNotes(value: unknown): Note[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry) => noteSchema.safeParse(entry).data ?? []);
}

/**
 * The notes that are kept of `notes` and one more: the newest, newest first, and the one that tells
 * the state. In whatever order notes come, and however often, the same are kept.
 */
export function withNote(notes: readonly Note[], note: Note): Note[] {
  const sorted = [...notes.filter((other) => compare(other, note) !== 0), note].sort(compare);
  const telling = sorted.findIndex((one) => meaningOf(one) !== undefined);
  return sorted.filter((_, i) => i < MAX_NOTES || i === telling);
}

/** The newest note that says anything about the state, and what it says. */
export function tellingNote(notes: readonly Note[]): { note: Note; meaning: Meaning } | undefined {
  for (const note of notes) {
    const meaning = meaningOf(note);
    if (meaning !== undefined) return { note, meaning };
  }
  return undefined;
}

/** Newest first; a total order, so that two emitters' clocks cannot make it a matter of luck. */
function compare(a: Note, b: Note): number {
  return b.at - a.at || rank(b) - rank(a) || compareText(textOf(a), textOf(b));
}

function rank(note: Note): number {
  return meaningOf(note)?.rank ?? 0;
}

function textOf({ reason, severity, message, revision = "" }: Note): string {
  return [reason, severity, message, revision].join("\0");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function shorten(text: string): string {
  if (text.length <= MAX_NOTE_MESSAGE) return text;
  // The cut may fall inside a surrogate pair.
  return `${text.slice(0, MAX_NOTE_MESSAGE - 1).toWellFormed()}…`;
}
