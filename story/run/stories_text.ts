import { dump } from "js-yaml";
import type { LocalPlan } from "../plan/run_plan.ts";

/** What the hub reads: the objects as they were written. */
export function storiesText({ file: { story, run, transports } }: LocalPlan): string {
  return [story, run, ...transports.values()].map((object) => `---\n${dump(object)}`).join("");
}
