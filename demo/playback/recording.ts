import type { KubeObject } from "../../kube/resources.ts";
import type { ResourceDefinition } from "../../kube/testing/object_store.ts";

/** One line of a recording: what a watch delivered, and when. */
export interface RecordedEvent {
  /** Milliseconds since the recording began. */
  readonly t: number;
  readonly event: {
    readonly type: "ADDED" | "MODIFIED" | "DELETED";
    readonly object: KubeObject & { readonly apiVersion: string; readonly kind: string };
  };
}

/**
 * Reads a recorded watch stream, one JSON text a line.
 *
 * @throws {SyntaxError} naming the line
 */
export function parseRecording(text: string): RecordedEvent[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as RecordedEvent];
    } catch (cause) {
      throw new SyntaxError(`line ${index + 1} of the recording is not JSON`, { cause });
    }
  });
}

/** What an API server has to serve for a recording to be played: its kinds, in order of appearance. */
export function resourcesOf(recording: readonly RecordedEvent[]): ResourceDefinition[] {
  const found = new Map<string, ResourceDefinition>();
  for (const { event: { object: { apiVersion, kind } } } of recording) {
    const [group = "", version = ""] = apiVersion.split("/");
    // Flux's kinds all have regular plurals.
    const resource = `${kind.toLowerCase()}s`;
    found.set(apiVersion + kind, { group, version, resource, kind, namespaced: true });
  }
  return [...found.values()];
}
