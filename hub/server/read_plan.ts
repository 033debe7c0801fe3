import { planRun, type RunPlan } from "../story/run_plan.ts";
import type { Claim } from "./admission.ts";
import type { HubOptions } from "./hub_options.ts";
import { Code, Refusal } from "./refusal.ts";

/**
 * Looks up the run that a stream claims to belong to.
 *
 * @throws {Refusal} when there is none, or it cannot be read at the moment
 */
export async function readPlan(
  { directory, limits, logger }: Pick<HubOptions, "directory" | "limits" | "logger">,
  { namespace, storyRun }: Pick<Claim, "namespace" | "storyRun">,
): Promise<RunPlan> {
  try {
    const objects = await directory.find(namespace, storyRun);
    if (objects === undefined) {
      throw new Refusal(Code.notFound, `there is no StoryRun ${namespace}/${storyRun}`);
    }
    return planRun(objects, limits);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    logger("ERROR", "cannot plan a run", { storyRun: `${namespace}/${storyRun}`, err: error });
    throw new Refusal(Code.unavailable, "the StoryRun cannot be read at the moment", {
      cause: error,
    });
  }
}

/** Says that a run asks for what this hub cannot give. */
export function warnOfLoss(
  { checkpoints, logger }: Pick<HubOptions, "checkpoints" | "logger">,
  { namespace, storyRun, steps }: RunPlan,
): void {
  const isDurable = [...steps.values()]
    .some(({ policies }) => policies.delivery.replay === "durable");
  if (!isDurable || checkpoints !== undefined) return;
  const facts = { storyRun: `${namespace}/${storyRun}` };
  logger("WARN", "durable replay is kept in memory: the hub has no storage", facts);
}
