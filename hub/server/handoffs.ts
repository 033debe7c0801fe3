import { composeName } from "../../contracts/transport/compose_name.ts";
import type { Handoff } from "../../contracts/transport/runs.ts";
import type { HandoffReporter } from "../primitives/handoff_reporter.ts";
import type { StepStream } from "./step_stream.ts";

export type HandoffPhase = Extract<Handoff["phase"], "draining" | "cutover" | "ready">;

/**
 * Tells of the handoffs of steps that have a strategy for them.
 *
 * @param unixNow milliseconds since the Unix epoch
 */
export function tellHandoffs(
  reporter: HandoffReporter,
  unixNow: () => number,
): (stream: StepStream, phase: HandoffPhase) => void {
  return ({ run, id, plan, generation }, phase) => {
    const strategy = plan.settings.lifecycle?.strategy;
    if (strategy === undefined) return;
    reporter.report({
      namespace: run.namespace,
      stepRun: composeName(run.storyRun, id),
      handoff: {
        strategy,
        phase,
        message: MESSAGES[phase](generation),
        updatedAt: new Date(unixNow()).toISOString(),
      },
    });
  };
}

const MESSAGES: Readonly<Record<HandoffPhase, (generation: number) => string>> = {
  draining: (generation) => `generation ${generation} is gone: packets wait for its successor`,
  cutover: (generation) => `generation ${generation} gives way to a newer one`,
  ready: (generation) => `generation ${generation} is connected`,
};
