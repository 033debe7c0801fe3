/** What the status mapping makes of every recorded HelmRelease, as text that people can review. */
import { refKey } from "../flux_object.ts";
import { readHelmRelease } from "../helm_release.ts";
import type { ObjectStatus, PreviousStatus } from "../object_status.ts";
import { releaseStatus } from "../status.ts";
import { readRecording, type RecordedEvent, type RecordingName, RECORDINGS } from "./recording.ts";

/** One step in the life of a recorded release. */
export interface Step {
  /** Milliseconds since the recording began. */
  readonly t: number;
  readonly generation: number | undefined;
  /** Absent when the release is gone. */
  readonly status: ObjectStatus | undefined;
}

/** Every release of a recording with everything that was ever said about it, in order. */
export function recordedSteps(events: readonly RecordedEvent[]): Map<string, Step[]> {
  const steps = new Map<string, Step[]>();
  const previous = new Map<string, PreviousStatus>();
  for (const { t, event: { type, object } } of events) {
    const release = object.kind === "HelmRelease" ? readHelmRelease(object) : undefined;
    if (release === undefined) continue;
    const key = refKey(release);
    const { generation } = release;
    const status = type === "DELETED"
      ? undefined
      : releaseStatus(release, "flux", previous.get(key));
    if (status === undefined) previous.delete(key);
    else previous.set(key, { generation, status });
    steps.set(key, [...steps.get(key) ?? [], { t, generation, status }]);
  }
  return steps;
}

/** The golden text of a recording: one line for each change of what is said. */
export function statusGolden(events: readonly RecordedEvent[]): string {
  const lines = ["# seconds  status  state  reason  work (UTC)  generation  message"];
  for (const [key, steps] of recordedSteps(events)) {
    lines.push("", key);
    let last: string | undefined;
    for (const step of steps) {
      const line = describe(step);
      if (line !== last) lines.push(`  ${(step.t / 1_000).toFixed(3).padStart(7)}  ${line}`);
      last = line;
    }
  }
  return lines.join("\n") + "\n";
}

function describe({ generation, status }: Step): string {
  if (status === undefined) return "deleted";
  const work = `${timeOfDay(status.startedAt)}-${timeOfDay(status.endedAt)}`;
  const message = (status.message ?? "").replaceAll("\n", " ");
  return [
    status.status.padEnd(9),
    status.state.padEnd(14),
    (status.reason ?? "-").padEnd(18),
    work.padEnd(17),
    `g${generation}`,
    message.length > 160 ? `${message.slice(0, 159)}…` : message,
    status.blockedBy.map((ref) => `<- ${refKey(ref)}`).join(" "),
  ].join("  ").trimEnd();
}

function timeOfDay(time: number | undefined): string {
  return time === undefined ? "" : new Date(time).toISOString().slice(11, 19);
}

/** Where the golden text of a recording is kept. */
export function goldenFile(name: RecordingName): URL {
  return new URL(`../golden/${name}.status.txt`, import.meta.url);
}

if (import.meta.main && Deno.args.includes("--update")) {
  for (const name of RECORDINGS) {
    await Deno.writeTextFile(goldenFile(name), statusGolden(await readRecording(name)));
  }
}
