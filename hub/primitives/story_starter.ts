import type { StoryRun } from "../../contracts/transport/runs.ts";

/** What starts stories: the API server in a cluster, the local runner on one machine. */
export interface StoryStarter {
  /**
   * Creates a StoryRun; one of that name that is there already is as good (AlreadyExists), so that a
   * packet which comes twice starts one child.
   *
   * @throws {Error} when it could not be created; the packet is then a dead letter
   */
  start(run: StoryRun): Promise<void>;
  /**
   * The terminal phase of a StoryRun, once it is reached (`TERMINAL_PHASES`).
   *
   * @throws the signal's reason when it fires first; an error when the run was deleted meanwhile
   */
  finished(namespace: string, name: string, signal: AbortSignal): Promise<string>;
}
