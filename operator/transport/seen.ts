import type { Engram, Transport, TransportBinding } from "../../contracts/transport/resources.ts";
import type { StepRun, StoryRun } from "../../contracts/transport/runs.ts";
import type { Story } from "../../contracts/transport/story.ts";
import type { Seen } from "../../kube/seen.ts";

/** Everything that is known of a run and what it consists of. */
export interface SeenRun {
  readonly run: Seen<StoryRun>;
  /** Undefined when there is none. */
  readonly story: Seen<Story> | undefined;
  /** `namespace/name` that the run points at. */
  readonly storyKey: string;
  readonly bindings: readonly Seen<TransportBinding>[];
  readonly stepRuns: readonly Seen<StepRun>[];
  /** By name; cluster-scoped. */
  readonly transport: (name: string) => Seen<Transport> | undefined;
  readonly engram: (namespace: string, name: string) => Seen<Engram> | undefined;
}
