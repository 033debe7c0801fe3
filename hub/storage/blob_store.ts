/** Keeps named bytes. Names are paths of plain segments, such as `streams/demo/run/step/replay`. */
export interface BlobStore {
  /** The bytes of that name, or undefined when there are none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Puts bytes in place of what was there, all or nothing: no reader ever sees a part of them. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Nothing is of that name afterwards, whether something was or not. */
  remove(name: string): Promise<void>;
  /** Names that begin with this path and a slash, in order. */
  list(path: string): Promise<string[]>;
}

/** The name of what belongs to these parts, whatever characters they have. */
export function blobName(...parts: readonly string[]): string {
  return parts.map((part) => encodeURIComponent(part).replace(/^\.+$/, "_$&")).join("/");
}
