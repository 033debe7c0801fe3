/** HelmReleases for tests, as the API server sends them. */
import { type HelmRelease, readHelmRelease } from "../helm_release.ts";

/** A `metav1.Condition` on the wire. */
export interface WireCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
  lastTransitionTime?: string;
}

/** What a test wants to be special about a release. */
export interface ReleaseParts {
  name?: string;
  namespace?: string;
  uid?: string;
  generation?: number;
  createdAt?: string;
  deletedAt?: string;
  labels?: Record<string, string>;
  spec?: Record<string, unknown>;
  conditions?: WireCondition[];
  status?: Record<string, unknown>;
}

/** The object on the wire; a generation of 1 that the controller has settled unless said otherwise. */
export function wireRelease(parts: ReleaseParts = {}): Record<string, unknown> {
  const { name = "bp-loki", namespace = "flux-system", generation = 1 } = parts;
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: {
      name,
      namespace,
      uid: parts.uid ?? `uid-of-${namespace}-${name}`,
      generation,
      creationTimestamp: parts.createdAt ?? "2026-11-20T18:00:00Z",
      ...(parts.deletedAt === undefined ? {} : { deletionTimestamp: parts.deletedAt }),
      ...(parts.labels === undefined ? {} : { labels: parts.labels }),
    },
    spec: { chart: { spec: { chart: "loki" } }, ...parts.spec },
    status: {
      observedGeneration: generation,
      ...(parts.conditions === undefined ? {} : { conditions: parts.conditions }),
      ...parts.status,
    },
  };
}

/** The same, read. */
export function release(parts: ReleaseParts = {}): HelmRelease {
  const read = readHelmRelease(wireRelease(parts));
  if (read === undefined) throw new TypeError("a release needs a name");
  return read;
}

/** A condition of generation 1 at 18:05. */
export function condition(
  type: string,
  status: string,
  reason: string,
  message = "",
  more: Partial<WireCondition> = {},
): WireCondition {
  return {
    type,
    status,
    reason,
    message,
    observedGeneration: 1,
    lastTransitionTime: "2026-11-20T18:05:00Z",
    ...more,
  };
}

/** A Ready condition. */
export function ready(
  status: string,
  reason: string,
  message = "",
  more: Partial<WireCondition> = {},
): WireCondition {
  return condition("Ready", status, reason, message, more);
}

/** Unix milliseconds of a time of day on the day of the tests. */
export function at(timeOfDay: string): number {
  return Date.parse(`2026-11-20T${timeOfDay}Z`);
}
