import { z } from "zod";
import { type Condition, conditionsSchema } from "./condition.ts";
import { count, optional, text, time, truthy } from "./lenient.ts";

/** Names one release. */
export interface ReleaseRef {
  readonly namespace: string;
  readonly name: string;
}

/** One entry of `status.history`: a Helm release that the controller made. */
export interface HistoryEntry {
  readonly version: number;
  /** When its install or upgrade began, in Unix milliseconds. */
  readonly lastDeployed?: number | undefined;
}

/** What we read of a `helm.toolkit.fluxcd.io/v2` HelmRelease. Times are Unix milliseconds. */
export interface HelmRelease extends ReleaseRef {
  readonly uid: string;
  readonly generation: number | undefined;
  readonly createdAt: number | undefined;
  readonly deletedAt: number | undefined;
  /** Value of the label `catalyst.openova.io/family`. */
  readonly family: string | undefined;
  readonly suspended: boolean;
  /** `spec.dependsOn` with the namespace filled in, blank and repeated entries left out. */
  readonly dependsOn: readonly ReleaseRef[];
  readonly chart: string | undefined;
  /** The object that the chart comes from; without a name when the controller has not said yet. */
  readonly source: SourceRef;
  readonly observedGeneration: number | undefined;
  readonly conditions: readonly Condition[];
  readonly history: readonly HistoryEntry[];
  /** Failed attempts at the latest desired state. */
  readonly failures: number;
  readonly revision: string | undefined;
}

/** Names the object that a release gets its chart from. */
export interface SourceRef extends ReleaseRef {
  /** `HelmChart`, `OCIRepository` or `ExternalArtifact`. */
  readonly kind: string;
}

export const FAMILY_LABEL = "catalyst.openova.io/family";

const refSchema = z.object({ namespace: text, name: text, kind: text });

const releaseSchema = z.object({
  metadata: z.object({
    name: z.string().min(1),
    namespace: text,
    uid: text,
    generation: count,
    creationTimestamp: time,
    deletionTimestamp: time,
    labels: optional(z.record(z.string(), z.unknown())),
  }),
  spec: optional(z.object({
    suspend: truthy,
    chart: optional(z.object({ spec: optional(z.object({ chart: text })) })),
    chartRef: optional(refSchema),
    dependsOn: optional(z.array(z.unknown())),
  })),
  status: optional(z.object({
    observedGeneration: count,
    conditions: conditionsSchema,
    history: optional(z.array(z.unknown())),
    failures: count,
    helmChart: text,
    lastAttemptedRevision: text,
  })),
});

const historySchema = z.object({ version: z.number(), lastDeployed: time });

/**
 * Reads a HelmRelease as the API server sends it. Total: a field of an unexpected shape counts as
 * absent, because an older or newer Flux must not stop the rest of the map.
 *
 * @returns undefined when the object has no name
 */
export function readHelmRelease(object: unknown): HelmRelease | undefined {
  const result = releaseSchema.safeParse(object);
  if (!result.success) return undefined;
  const { metadata, spec, status } = result.data;
  const { name, namespace = "" } = metadata;
  const family = text.parse(metadata.labels?.[FAMILY_LABEL])?.trim();
  return {
    name,
    namespace,
    uid: metadata.uid ?? "",
    generation: metadata.generation,
    createdAt: metadata.creationTimestamp,
    deletedAt: metadata.deletionTimestamp,
    family: family || undefined,
    suspended: spec?.suspend ?? false,
    dependsOn: readDependsOn(spec?.dependsOn ?? [], namespace),
    chart: spec?.chart?.spec?.chart ?? spec?.chartRef?.name,
    source: sourceOf({ name, namespace }, spec?.chartRef, status?.helmChart),
    observedGeneration: status?.observedGeneration,
    conditions: status?.conditions ?? [],
    history: (status?.history ?? []).flatMap((entry) => historySchema.safeParse(entry).data ?? []),
    failures: Math.max(0, status?.failures ?? 0),
    revision: status?.lastAttemptedRevision,
  };
}

/** Orders by namespace and name, so that equal sets of releases give equal maps. */
export function releaseKey({ namespace, name }: ReleaseRef): string {
  return `${namespace}/${name}`;
}

function readDependsOn(entries: readonly unknown[], namespace: string): ReleaseRef[] {
  const byKey = new Map<string, ReleaseRef>();
  for (const entry of entries) {
    const ref = refSchema.safeParse(entry).data;
    const name = ref?.name?.trim();
    if (!name) continue;
    const dependency = { namespace: ref?.namespace?.trim() || namespace, name };
    byKey.set(releaseKey(dependency), dependency);
  }
  return [...byKey.values()];
}

/** As the controller looks it up: `chartRef`, else the HelmChart that it made itself. */
function sourceOf(
  release: ReleaseRef,
  chartRef: z.output<typeof refSchema> | undefined,
  helmChart: string | undefined,
): SourceRef {
  if (chartRef?.name !== undefined) {
    return {
      kind: chartRef.kind ?? "HelmChart",
      namespace: chartRef.namespace ?? release.namespace,
      name: chartRef.name,
    };
  }
  const [namespace, name] = helmChart?.split("/") ?? [];
  return namespace && name ? { kind: "HelmChart", namespace, name } : {
    kind: "HelmChart",
    namespace: release.namespace,
    name: `${release.namespace}-${release.name}`,
  };
}
