import { type Clock, sleep } from "../../kube/clock.ts";
import type { ObjectStore } from "../../kube/testing/object_store.ts";
import { rebaseTimes, rebaseTo } from "./rebase_times.ts";
import { type RecordedEvent, resourcesOf } from "./recording.ts";

/** How a recording is played. */
export interface PlayOptions {
  readonly store: ObjectStore;
  /** Recorded seconds a second. */
  readonly speed: number;
  readonly clock: Clock;
  /** Stops the playing. */
  readonly signal: AbortSignal;
}

/**
 * Does to a store what happened to the recorded cluster, at its pace times `speed`, with all times in
 * the objects moved to now. Resolves at the end of the recording, or when the signal aborts.
 */
export async function play(
  recording: readonly RecordedEvent[],
  { store, speed, clock, signal }: PlayOptions,
): Promise<void> {
  const definitions = resourcesOf(recording);
  for (const definition of definitions) store.register(definition);
  const start = clock.now();
  const rebase = rebaseTo(startOf(recording), start, speed);
  for (const { t, event: { type, object } } of recording) {
    await sleep(clock, Math.max(0, start + t / speed - clock.now()), signal);
    if (signal.aborted) return;
    const definition = definitions.find(({ kind }) => kind === object.kind)!;
    const { name, namespace } = object.metadata;
    if (type === "DELETED") store.remove(definition, name, namespace);
    else store.put(definition, rebaseTimes(object, rebase));
  }
}

/** When the recording began, in Unix ms: an object that was just created is as old as its event. */
function startOf(recording: readonly RecordedEvent[]): number {
  const starts = recording.flatMap(({ t, event: { type, object } }) => {
    const created = object.metadata["creationTimestamp"];
    return type === "ADDED" && typeof created === "string" ? [Date.parse(created) - t] : [];
  });
  return Math.min(...starts);
}
