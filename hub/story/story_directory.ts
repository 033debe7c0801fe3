import type { RunObjects } from "./run_plan.ts";

/** Where the hub learns what a StoryRun is: files on one machine, the API server in a cluster. */
export interface StoryDirectory {
  /**
   * The objects of a run, or undefined when there is no such run.
   *
   * @throws when the source cannot be read: the stream that asked is told to come again
   */
  find(namespace: string, storyRun: string): Promise<RunObjects | undefined>;
}
