import type { FluxEvent } from "../../contracts/flux_event.ts";
import type { Phase } from "../../contracts/phase.ts";

/** What of an event its meaning follows from. */
export type Report = Pick<FluxEvent, "severity" | "reason" | "message">;

/** What an event says about its object. */
export interface Meaning {
  /** `gone` when there is no object any more. */
  readonly status: Phase | "gone";
  /** The adapter's fine words. */
  readonly state: string;
  /**
   * Orders events of one second, which is as fine as their times are: a failure comes before what
   * remedies it, an action before its tests.
   */
  readonly rank: number;
}

/** What helm-controller 1.6 means by its reasons, where severity alone does not tell. */
const REASONS: Readonly<Record<string, Meaning>> = {
  DependencyNotReady: { status: "pending", state: "blocked", rank: 1 },
  SourceNotReady: { status: "pending", state: "waiting-source", rank: 1 },
  Progressing: { status: "running", state: "applying", rank: 2 },
  ProgressingWithRetry: { status: "failed", state: "retrying", rank: 3 },
  // A newer revision cut the health checks short; the controller tries again at once.
  HealthCheckCanceled: { status: "running", state: "upgrading", rank: 2 },
  TestSucceeded: { status: "succeeded", state: "succeeded", rank: 5 },
  TestFailed: { status: "failed", state: "failed", rank: 5 },
  // Somebody changed what was installed: the release is as it was, the cluster is not.
  DriftDetected: { status: "succeeded", state: "drifted", rank: 6 },
  DriftCorrectionFailed: { status: "succeeded", state: "drifted", rank: 6 },
  DriftCorrected: { status: "succeeded", state: "succeeded", rank: 6 },
  // A release that was rolled back works, but it is not what was asked for.
  RollbackSucceeded: { status: "failed", state: "failed", rank: 7 },
  RollbackFailed: { status: "failed", state: "failed", rank: 7 },
  UninstallFailed: { status: "failed", state: "failed", rank: 7 },
};

/** Warnings about something beside the object's own state. */
const BESIDE_THE_POINT: ReadonlySet<string> = new Set([
  "InventoryBuildFailed",
  "NamespaceCheckSkipped",
  "NotificationDispatchFailed",
]);

const FAILED: Meaning = { status: "failed", state: "failed", rank: 3 };
const SUCCEEDED: Meaning = { status: "succeeded", state: "succeeded", rank: 4 };

/**
 * What an event says about the state of its object, as far as one event can.
 *
 * @returns undefined when it says nothing about it
 */
export function meaningOf({ severity, reason, message }: Report): Meaning | undefined {
  if (severity === "trace" || BESIDE_THE_POINT.has(reason)) return undefined;
  if (reason === "UninstallSucceeded") {
    // The same reason ends a remedy and a deletion; only the words tell them apart.
    return message.includes("remediation")
      ? { ...FAILED, rank: 7 }
      : { status: "gone", state: "uninstalled", rank: 7 };
  }
  // kustomize-controller sends what it passes on the way under the reason of Ready.
  if (reason === "Progressing" && message.startsWith("Health check passed")) return SUCCEEDED;
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
  if (known !== undefined) return known;
  if (severity === "error") return FAILED;
  return /Succeeded$|UpToDate$|^NewArtifact$/.test(reason) ? SUCCEEDED : undefined;
}
