import type { KubeObject } from "../../kube/resources.ts";

/** One line of a recording: what a watch delivered, and when. */
export interface RecordedEvent {
  /** Milliseconds since the recording began. */
  readonly t: number;
  readonly event: {
    readonly type: "ADDED" | "MODIFIED" | "DELETED";
    readonly object: KubeObject;
  };
}

/** A rollout as a watch saw it. */
export interface Recording {
  /** In the order of their time; two may share one. */
  readonly events: readonly RecordedEvent[];
  /** When the last event came, in milliseconds since the recording began. */
  readonly durationMs: number;
  /** When the recording began, in milliseconds since the epoch, by the recorded cluster's clock. */
  readonly beganAt: number;
}

/**
 * Reads a recording: one JSON object a line, `{"t": <ms>, "event": {"type", "object"}}`.
 *
 * @param name for messages, such as the file's name
 * @throws {SyntaxError} naming the line that is no recorded event
 */
export function parseRecording(text: string, name = "the recording"): Recording {
  const events = text.split("\n").flatMap((line, index) =>
    line.trim() === "" ? [] : [parseLine(line, `${name}:${index + 1}`)]
  );
  if (events.length === 0) throw new SyntaxError(`${name} holds no event`);
  // Two watches were written into one file; a stable sort keeps the order within each.
  events.sort((a, b) => a.t - b.t);
  return { events, durationMs: events.at(-1)?.t ?? 0, beganAt: beginningOf(events) };
}

function parseLine(line: string, where: string): RecordedEvent {
  let value: Partial<RecordedEvent> | null;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError(`${where} is not JSON`, { cause });
  }
  const { t, event } = value ?? {};
  if (typeof t !== "number" || !(t >= 0)) throw new SyntaxError(`${where} has no time "t"`);
  const { type, object } = event ?? {};
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") {
    throw new SyntaxError(`${where} has no event of type ADDED, MODIFIED or DELETED`);
  }
  if (!object?.apiVersion || !object.kind || !object.metadata?.name) {
    throw new SyntaxError(`${where} has an object without apiVersion, kind or name`);
  }
  return { t, event: { type, object } };
}

/**
 * A recording says how long after its beginning an event came, not when it began. But no object can
 * name a moment later than that of its arrival, so each event puts a lower bound on the beginning;
 * the highest is off by less than the second to which Kubernetes cuts its times.
 */
function beginningOf(events: readonly RecordedEvent[]): number {
  let began = -Infinity;
  for (const { t, event: { object } } of events) {
    for (const time of pastTimes(object.metadata.creationTimestamp, object.status)) {
      began = Math.max(began, time - t);
    }
  }
  return Number.isFinite(began) ? began : 0;
}

/**
 * The times that an object remembers. Not deletionTimestamp, which may lie in the future, and
 * nothing in spec, where a user may write what he likes.
 */
function* pastTimes(...values: unknown[]): Generator<number> {
  for (const value of values) {
    if (typeof value === "string" && isTime(value)) yield Date.parse(value);
    else if (typeof value === "object" && value !== null) yield* pastTimes(...Object.values(value));
  }
}

/** Whether a text is an RFC 3339 time and nothing else. */
export function isTime(text: string): boolean {
  return RFC3339.test(text) && !Number.isNaN(Date.parse(text));
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
