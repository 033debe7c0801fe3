import type { KubeObject, WatchEvent } from "./kube_object.ts";

/** One line of a recording: what a watch delivered, and when. */
export interface RecordedEvent {
  /** Milliseconds since the recording began. */
  readonly t: number;
  readonly event: WatchEvent & { readonly type: "ADDED" | "MODIFIED" | "DELETED" };
}

/** Reads a recorded watch stream, one event a line. */
export async function readRecording(path: string | URL): Promise<RecordedEvent[]> {
  const text = await Deno.readTextFile(path);
  return text.split("\n").filter((line) => line !== "").map((line, index) => {
    try {
      return JSON.parse(line) as RecordedEvent;
    } catch (cause) {
      throw new Error(`line ${index + 1} of ${path} is not JSON`, { cause });
    }
  });
}

/** What tells objects of a recording apart. */
export function keyOf({ kind, metadata: { namespace = "", name } }: KubeObject): string {
  return `${kind} ${namespace}/${name}`;
}

/** The objects that are left at the end of a recording, in order of their first event. */
export function finalObjects(recording: readonly RecordedEvent[]): KubeObject[] {
  const left = new Map<string, KubeObject>();
  for (const { event: { type, object } } of recording) {
    if (type === "DELETED") left.delete(keyOf(object));
    else left.set(keyOf(object), object);
  }
  return [...left.values()];
}
