/**
 * One event of a `text/event-stream` (WHATWG HTML §9.2.5) as text. Field order is the original's:
 * event, id, data.
 *
 * @param event its name, without line breaks
 * @param data one line, as JSON always is
 * @param id absent for events that are no place to resume from
 */
export function encodeSseEvent(event: string, data: string, id?: string): string {
  return id === undefined
    ? `event: ${event}\ndata: ${data}\n\n`
    : `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}
