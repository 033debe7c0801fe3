/** The recorded rollouts under `demo/recordings`: every watch event of two real Flux clusters. */

/** One line of a recording. */
export interface RecordedEvent {
  /** Milliseconds since the recording began. */
  readonly t: number;
  readonly event: {
    readonly type: "ADDED" | "MODIFIED" | "DELETED";
    readonly object: {
      readonly kind: string;
      readonly metadata: { readonly namespace: string; readonly name: string };
    };
  };
}

export const RECORDINGS = ["fsn1", "hel1"] as const;
export type RecordingName = typeof RECORDINGS[number];

/** Reads a recording in the order in which it happened. */
export async function readRecording(name: RecordingName): Promise<RecordedEvent[]> {
  const url = new URL(`../../../demo/recordings/${name}.jsonl`, import.meta.url);
  const text = await Deno.readTextFile(url);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
