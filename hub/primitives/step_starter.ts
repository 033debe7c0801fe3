import type { StepRun } from "../../contracts/transport/runs.ts";

/** How a StepRun ended. */
export interface FinishedStep {
  /** One of `TERMINAL_PHASES`. */
  readonly phase: string;
  /** `status.output`; absent when the step put nothing out. */
  readonly output?: unknown;
  /** Why it failed, where its status says so. */
  readonly message?: string;
}

/** What runs a step as a job of its own: engrams of `mode: job`, and materialisers. */
export interface StepStarter {
  /**
   * Creates a StepRun; one of that name that is there already is as good (AlreadyExists).
   *
   * @throws {Error} when it could not be created; the packet is then a dead letter
   */
  start(run: StepRun): Promise<void>;
  /**
   * How a StepRun ended, once it did.
   *
   * @throws the signal's reason when it fires first; an error when the run was deleted meanwhile
   */
  finished(namespace: string, name: string, signal: AbortSignal): Promise<FinishedStep>;
}
