import type { Handoff } from "../../contracts/transport/runs.ts";

/** A change of the connector that is in charge of a step. */
export interface HandoffReport {
  readonly namespace: string;
  /** Name of the StepRun: `composeName(storyRun, step)`. */
  readonly stepRun: string;
  readonly handoff: Handoff;
}

/** Tells of handoffs between generations of a connector: `status.handoff` of the StepRun. */
export interface HandoffReporter {
  /**
   * Takes a report and returns at once. Reports of one StepRun are told in order; when they come
   * faster than they can be told, the latest is enough. Never throws: whoever tells them retries and
   * logs, and a StepRun that is not there is not an error.
   */
  report(report: HandoffReport): void;
}
