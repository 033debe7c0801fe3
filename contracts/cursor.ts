/** A place in a flow's log: the message `seq` (from 1, dense) of the log's incarnation `epoch`. */
export interface Cursor {
  readonly seq: number;
  /** Absent in a bare number, which means that seq in whatever epoch is current. */
  readonly epoch?: string;
}

/** As it stands in an SSE `id:` field and comes back as Last-Event-ID: `<seq>-<epoch>`. */
export function formatCursor(seq: number, epoch: string): string {
  return `${seq}-${epoch}`;
}

/**
 * Reads a Last-Event-ID.
 *
 * @returns undefined when the text is no cursor of ours
 */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^(0|[1-9]\d{0,15})(?:-([a-z2-7]{1,32}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const seq = Number(match[1]);
  if (!Number.isSafeInteger(seq)) return undefined;
  return match[2] === undefined ? { seq } : { seq, epoch: match[2] };
}

/**
 * Places in several logs at once, as one id: cursors joined by dots, `<seq>-<epoch>.<seq>-<epoch>`.
 * The epochs alone tell the flows apart.
 */
export function formatCursors(cursors: Iterable<readonly [epoch: string, seq: number]>): string {
  return Array.from(cursors, ([epoch, seq]) => formatCursor(seq, epoch)).join(".");
}

/**
 * Reads what {@linkcode formatCursors} wrote: seq by epoch.
 *
 * @returns undefined when any part is no full cursor
 */
export function parseCursors(text: string): Map<string, number> | undefined {
  const cursors = new Map<string, number>();
  for (const part of text.split(".")) {
    const cursor = parseCursor(part);
    if (cursor?.epoch === undefined) return undefined;
    cursors.set(cursor.epoch, cursor.seq);
  }
  return cursors;
}
