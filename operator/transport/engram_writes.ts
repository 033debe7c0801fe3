import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import type { Story } from "../../contracts/transport/story.ts";
import { isPrimitive } from "../../contracts/transport/story.ts";
import type { Write } from "./decision.ts";
import type { SeenRun } from "./seen.ts";
import { workloadName } from "./workload_name.ts";

/** Longest message on an Engram, in characters (runes). */
const MAX_MESSAGE = 512;

/** What an Engram says of its transport. */
export interface EngramMirror {
  readonly ready: boolean;
  readonly message: (stepName: string) => string;
}

/**
 * The writes that make the run's own Engrams mirror the transport's state in their annotations.
 * Today's bobrapet makes no such Engrams, so mostly there are none.
 */
export function engramWrites(story: Story, seen: SeenRun, mirror: EngramMirror): Write[] {
  const { name: runName, namespace = "" } = seen.run.metadata;
  return story.spec.steps.filter((step) => !isPrimitive(step)).flatMap(({ name }): Write[] => {
    const engram = seen.engram(namespace, workloadName(runName, name));
    if (engram === undefined) return [];
    const wanted = {
      [ANNOTATIONS.ready]: String(mirror.ready),
      [ANNOTATIONS.message]: [...mirror.message(name)].slice(0, MAX_MESSAGE).join(""),
    };
    const { annotations = {} } = engram.metadata;
    if (Object.entries(wanted).every(([key, value]) => annotations[key] === value)) return [];
    return [{
      verb: "apply",
      kind: "Engram",
      object: engram.metadata,
      body: { metadata: { annotations: wanted } },
    }];
  });
}
