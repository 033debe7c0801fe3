/**
 * Every watch event of real Flux clusters: the rollouts of two under `demo/recordings`, and one that
 * `deno task test:flux` leads through everything that can happen to a release.
 */

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

export const RECORDINGS = ["fsn1", "hel1", "lab"] as const;
export type RecordingName = typeof RECORDINGS[number];

/** Reads a recording in the order in which it happened. */
export async function readRecording(name: RecordingName): Promise<RecordedEvent[]> {
  const folder = name === "lab" ? "../golden" : "../../../demo/recordings";
  const url = new URL(`${folder}/${name}.jsonl`, import.meta.url);
  const text = await Deno.readTextFile(url);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
