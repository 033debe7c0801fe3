import { handoffStatus, type StepRun } from "../../contracts/transport/runs.ts";
import type { ObjectMeta } from "../../kube/resources.ts";
import { connectorIsUp } from "./binding_writes.ts";
import type { Write } from "./decision.ts";
import type { StepRoute } from "./run_topology.ts";
import type { Seen } from "../../kube/seen.ts";

/**
 * Says of a step with a handoff strategy that its first connector is waited for, and that it has
 * come. All phases between belong to the hub, which alone knows of draining and cutover.
 */
export function handoffWrites(
  { id, strategy, binding }: StepRoute,
  stepRuns: readonly Seen<StepRun>[],
  now: number,
): Write[] {
  const stepRun = stepRuns.find(({ value, metadata }) =>
    value?.spec.stepId === id && metadata.deletionTimestamp === undefined
  );
  if (strategy === undefined || binding?.value === undefined || stepRun?.value === undefined) {
    return [];
  }
  const phase = stepRun.value.status?.handoff?.phase;
  const isUp = connectorIsUp(binding.value);
  const next = phase === undefined && !isUp
    ? { phase: "pending" as const, message: "waiting for the connector" }
    : (phase === undefined || phase === "pending") && isUp
    ? { phase: "ready" as const, message: "the connector is connected" }
    : undefined;
  if (next === undefined) return [];
  const handoff = { strategy, ...next, updatedAt: new Date(now).toISOString() };
  return [{
    verb: "merge",
    kind: "StepRun",
    object: stepRun.metadata satisfies ObjectMeta,
    subresource: "status",
    body: { status: handoffStatus(stepRun.value.status, handoff) },
  }];
}
