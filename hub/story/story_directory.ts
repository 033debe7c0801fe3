import type { RunObjects } from "./run_plan.ts";

/** What became of a run that somebody may carry at the moment. */
export interface RunChange {
  readonly namespace: string;
  readonly storyRun: string;
  /** `gone`: deleted, or on its way there; another run may come under its name. */
  readonly what: "changed" | "gone";
}

/** Where the hub learns what a StoryRun is: files on one machine, the API server in a cluster. */
export interface StoryDirectory {
  /**
   * The objects of a run, or undefined when there is no such run.
   *
   * @throws when the source cannot be read: the stream that asked is told to come again
   */
  find(namespace: string, storyRun: string): Promise<RunObjects | undefined>;
  /** Tells of changes from now on; absent where nothing ever changes. Returns the way to stop it. */
  onChange?(listener: (change: RunChange) => void): () => void;
}
