/** Flux events for tests, as notification-controller posts them. */
import fc from "fast-check";
import type { FluxEvent } from "../../../contracts/flux_event.ts";
import type { Place } from "../place.ts";

export const PLACE: Place = { flowId: "rollout", regionKey: "fsn1", namespace: "flux-system" };

/** What a test wants to be special about an event. */
export interface EventParts extends Partial<Omit<FluxEvent, "involvedObject" | "timestamp">> {
  kind?: string;
  name?: string;
  namespace?: string;
  /** Time of day on the day of the tests. */
  at?: string;
}

/** An event; an upgrade that succeeded unless said otherwise. */
export function fluxEvent(
  { kind = "HelmRelease", name = "bp-loki", namespace = "flux-system", at, ...parts }: EventParts =
    {},
): FluxEvent {
  return {
    involvedObject: { kind, name, namespace, uid: `uid-of-${name}`, apiVersion: "v2" },
    severity: "info",
    timestamp: `2026-11-20T${at ?? "18:00:00"}Z`,
    message: `Helm upgrade succeeded for release ${namespace}/${name}.v2 with chart loki@1.4.3`,
    reason: "UpgradeSucceeded",
    metadata: { revision: "1.4.3" },
    reportingController: "helm-controller",
    reportingInstance: "helm-controller-0",
    ...parts,
  };
}

/** Unix milliseconds of a time of day on the day of the tests. */
export function at(timeOfDay: string): number {
  return Date.parse(`2026-11-20T${timeOfDay}Z`);
}

const REASONS = [
  ["info", "InstallSucceeded", "Helm install succeeded"],
  ["error", "UpgradeFailed", "Helm upgrade failed: timeout"],
  ["info", "RollbackSucceeded", "Helm rollback to previous release succeeded"],
  ["info", "DependencyNotReady", "dependency 'flux-system/bp-cilium' is not ready"],
  ["error", "DriftDetected", "Cluster state of release has drifted"],
  ["info", "Progressing", "ConfigMap/apps/a created"],
  ["error", "InventoryBuildFailed", "cannot"],
  ["info", "SomethingNew", "of a later release"],
  ["error", "SomethingBad", "of a later release"],
] as const;

/** Events of few objects in few seconds, so that they collide; none of them ends its object. */
export const fluxEvents: fc.Arbitrary<FluxEvent> = fc.record({
  name: fc.constantFrom("bp-loki", "bp-mimir"),
  kind: fc.constantFrom("HelmRelease", "Kustomization"),
  namespace: fc.constantFrom("flux-system", "apps"),
  second: fc.nat(14),
  what: fc.constantFrom(...REASONS),
  revision: fc.option(fc.constantFrom("1.4.2", "1.4.3"), { nil: undefined }),
}).map(({ second, what: [severity, reason, message], revision, ...object }) =>
  fluxEvent({
    ...object,
    at: `18:00:${String(second).padStart(2, "0")}`,
    severity,
    reason,
    message,
    metadata: revision === undefined ? null : { revision },
  })
);
