import { type Condition, findCondition } from "./condition.ts";
import type { HelmRelease } from "./helm_release.ts";
import { isSettled, type Phase } from "../../contracts/phase.ts";
import { ACTION_REASON } from "./reasons.ts";

/** When the last piece of work on a release began and ended, in Unix milliseconds. */
export interface RunTimes {
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/**
 * Tells from the object alone when the work behind `status` began and ended, so that two adapters,
 * or one that was restarted, say the same. A release that waits has not begun.
 */
export function runTimes(release: HelmRelease, status: Phase): RunTimes {
  if (status === "pending") return {};
  const ready = findCondition(release, "Ready");
  const ended = isSettled(status) && ready !== undefined ? endOf(release, ready) : undefined;
  const started = startOf(release, ready, ended);
  return {
    ...(started === undefined ? {} : { startedAt: started }),
    ...(ended === undefined ? {} : { endedAt: ended }),
  };
}

/**
 * Ready repeats one of the conditions that it sums up and may leave and return without any work,
 * for instance while a dependency is not ready; the repeated condition keeps the true time.
 */
function endOf(release: HelmRelease, ready: Condition): number | undefined {
  const origin = release.conditions.find(({ type, status, reason, message }) =>
    (type === "Released" || type === "TestSuccess" || type === "Remediated") &&
    reason === ready.reason && message === ready.message &&
    (status === ready.status || type === "Remediated")
  );
  return (origin ?? ready).lastTransitionTime;
}

function startOf(
  release: HelmRelease,
  ready: Condition | undefined,
  ended: number | undefined,
): number | undefined {
  const { deletedAt } = release;
  // What ended before the deletion has nothing to do with it.
  if (deletedAt !== undefined && deletedAt <= (ended ?? Infinity)) return deletedAt;
  const action = startOfAction(release);
  // A remediation that follows on a failure starts after the failure ended.
  if (action !== undefined && (ended === undefined || action <= ended)) return action;
  if (ended === undefined) return ready?.lastTransitionTime;
  // A failure before any Helm action, such as ArtifactFailed, has no start that anyone wrote down.
  if (ready === undefined || !ACTION_REASON.test(ready.reason)) return undefined;
  const last = lastDeployed(release);
  return last === undefined ? undefined : Math.min(last, ended);
}

/** While an action runs, and until the end of the reconcile, Reconciling says since when. */
function startOfAction(release: HelmRelease): number | undefined {
  const reconciling = findCondition(release, "Reconciling");
  const name = /^Running '([^']+)'/.exec(reconciling?.message ?? "")?.[1];
  if (reconciling === undefined || name === undefined) return undefined;
  // Tests belong to the install or upgrade that they test.
  return name === "test"
    ? lastDeployed(release) ?? reconciling.lastTransitionTime
    : reconciling.lastTransitionTime;
}

function lastDeployed({ history }: HelmRelease): number | undefined {
  const [first, ...rest] = history;
  if (first === undefined) return undefined;
  return rest.reduce((latest, entry) => entry.version > latest.version ? entry : latest, first)
    .lastDeployed;
}
