import type { StoryRun } from "../../contracts/transport/runs.ts";
import {
  type Condition,
  type ConditionSpec,
  findCondition,
  setConditions,
} from "../../kube/conditions.ts";
import type { Write } from "./decision.ts";
import type { Seen } from "../../kube/seen.ts";

/** Reasons that this controller gives; conditions with another are somebody else's. */
export const REASONS = {
  reconciling: "Reconciling",
  ready: "TransportReady",
  failed: "TransportFailed",
  invalid: "InvalidConfiguration",
  cleaningUp: "CleaningUp",
  cleaned: "TransportCleaned",
} as const;

export type Reason = (typeof REASONS)[keyof typeof REASONS];

const OURS: ReadonlySet<string> = new Set(Object.values(REASONS));

/** One thing to say of a run's transport. */
export interface Verdict {
  readonly status: "True" | "False";
  readonly reason: Reason;
  readonly message: string;
}

/** What a run says of itself, as its conditions. */
export function conditionsOf(run: Seen<StoryRun>): readonly Condition[] {
  return run.value?.status?.conditions ?? [];
}

/** Whether this controller has ever had to do with a run. */
export function isClaimed(run: Seen<StoryRun>): boolean {
  return findCondition(conditionsOf(run), "TransportReady") !== undefined;
}

/**
 * The writes that make a run say this; none when it does already.
 *
 * `TransportReady`: all bindings are resolved. `Ready`: packets can flow. Of a run other controllers
 * have something to say, too: a `Ready` whose reason is not ours stays as it is, so that two
 * controllers cannot overwrite each other for ever.
 */
export function runStatus(
  run: Seen<StoryRun>,
  verdicts: {
    readonly transportReady: Verdict;
    readonly ready: Verdict;
    readonly topology?: Omit<ConditionSpec, "type">;
  },
  now: number,
): Write[] {
  const before = conditionsOf(run);
  const ready = findCondition(before, "Ready");
  const specs: ConditionSpec[] = [{ type: "TransportReady", ...verdicts.transportReady }];
  if (ready === undefined || OURS.has(ready.reason ?? "")) {
    specs.push({ type: "Ready", ...verdicts.ready });
  }
  if (verdicts.topology !== undefined) {
    specs.push({ type: "TopologyResolved", ...verdicts.topology });
  }
  const conditions = setConditions(before, specs, { now, generation: run.metadata.generation });
  if (conditions === before) return [];
  return [{
    verb: "merge",
    kind: "StoryRun",
    object: run.metadata,
    subresource: "status",
    body: { status: { conditions } },
  }];
}
