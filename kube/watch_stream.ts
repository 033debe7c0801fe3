import { KubeError } from "./errors.ts";
import type { KubeObject } from "./resources.ts";
import { parseStatus, type Status } from "./status.ts";

/** One line of a watch stream, checked as far as the reflector relies on it. */
export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: VersionedObject }
  | {
    readonly type: "BOOKMARK";
    readonly resourceVersion: string;
    /** Everything that existed when the watch began has come; set when it was asked for. */
    readonly endsInitialEvents?: true;
  }
  | { readonly type: "ERROR"; readonly status: Status };

/** An object that carries the two fields without which it cannot be followed. */
export type VersionedObject = KubeObject & {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
};

/**
 * Twice the largest object that etcd accepts by default (1.5 MiB), with room for the JSON around
 * it. A longer line is not an object, and buffering it would let one bad stream eat the process.
 */
export const DEFAULT_MAX_LINE_BYTES = 4 * 1024 * 1024;

const NEWLINE = 0x0a;

/** KEP-3157. */
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/**
 * Decodes the newline-delimited JSON of a watch. Feed it chunks in any cut: lines are found among
 * the bytes, before the text is decoded, so that a cut inside a UTF-8 sequence cannot matter.
 */
export class WatchStreamDecoder {
  readonly #maxLineBytes: number;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });
  #pieces: Uint8Array[] = [];
  #buffered = 0;

  constructor(maxLineBytes: number = DEFAULT_MAX_LINE_BYTES) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes of an unfinished line. More than zero at the end of a stream means it was cut off. */
  get pendingBytes(): number {
    return this.#buffered;
  }

  /**
   * Yields each event that this chunk completes. A line that is not a watch event throws
   * `bad-response`, after the good events before it were yielded; the decoder is of no use then.
   */
  *push(chunk: Uint8Array): Generator<WatchEvent, void> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      const line = this.#take(chunk.subarray(start, end));
      start = end + 1;
      const text = this.#decode(line).trim();
      if (text !== "") yield parseWatchEvent(text);
    }
    if (start < chunk.byteLength) this.#keep(chunk.slice(start));
  }

  #keep(piece: Uint8Array): void {
    this.#checkLength(this.#buffered + piece.byteLength);
    this.#pieces.push(piece);
    this.#buffered += piece.byteLength;
  }

  #take(last: Uint8Array): Uint8Array {
    this.#checkLength(this.#buffered + last.byteLength);
    if (this.#buffered === 0) return last;
    const line = new Uint8Array(this.#buffered + last.byteLength);
    let offset = 0;
    for (const piece of this.#pieces) {
      line.set(piece, offset);
      offset += piece.byteLength;
    }
    line.set(last, offset);
    this.#pieces = [];
    this.#buffered = 0;
    return line;
  }

  #checkLength(bytes: number): void {
    if (bytes <= this.#maxLineBytes) return;
    throw junk(`a line of the watch stream is longer than ${this.#maxLineBytes} bytes`);
  }

  #decode(line: Uint8Array): string {
    try {
      return this.#utf8.decode(line);
    } catch (cause) {
      throw junk("a line of the watch stream is not UTF-8", cause);
    }
  }
}

function parseWatchEvent(text: string): WatchEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw junk("a line of the watch stream is not JSON", cause);
  }
  const { type, object } = asRecord(value);
  const { metadata } = asRecord(object);
  const { name, resourceVersion, annotations } = asRecord(metadata);
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      if (!isText(name)) throw junk(`a ${type} event has an object without a name`);
      if (!isText(resourceVersion)) {
        throw junk(`a ${type} event has an object without a resourceVersion`);
      }
      return { type, object: object as VersionedObject };
    case "BOOKMARK":
      if (!isText(resourceVersion)) throw junk("a BOOKMARK event has no resourceVersion");
      return {
        type,
        resourceVersion,
        ...(asRecord(annotations)[INITIAL_EVENTS_END] === "true"
          ? { endsInitialEvents: true }
          : {}),
      };
    case "ERROR": {
      const status = parseStatus(object);
      if (status === undefined) throw junk("an ERROR event has no Status");
      return { type, status };
    }
  }
  // Kubernetes adds a type of event only for a request that asks for it, so this is never news.
  throw junk("a line of the watch stream is not a watch event");
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function junk(message: string, cause?: unknown): KubeError {
  return new KubeError("bad-response", message, cause === undefined ? {} : { cause });
}
