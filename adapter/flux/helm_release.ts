import { z } from "zod";
import { conditionsSchema } from "./condition.ts";
import {
  type FluxObject,
  identityOf,
  type KindRef,
  metadataSchema,
  type ObjectRef,
  readDependsOn,
  readKindRef,
  refSchema,
} from "./flux_object.ts";
import { count, optional, text, time, truthy } from "./lenient.ts";

/** One entry of `status.history`: a Helm release that the controller made. */
export interface HistoryEntry {
  readonly version: number;
  /** When its install or upgrade began, in Unix milliseconds. */
  readonly lastDeployed?: number | undefined;
}

/** What we read of a `helm.toolkit.fluxcd.io` HelmRelease. Times are Unix milliseconds. */
export interface HelmRelease extends FluxObject {
  readonly kind: "HelmRelease";
  readonly chart: string | undefined;
  /** The object that holds the chart: a HelmChart that the controller made, or what `chartRef` names. */
  readonly source: KindRef;
  /** Where the chart is fetched from, when the release says so itself. */
  readonly origin: KindRef | undefined;
  readonly history: readonly HistoryEntry[];
  /** Failed attempts at the latest desired state. */
  readonly failures: number;
}

const releaseSchema = z.object({
  metadata: metadataSchema,
  spec: optional(z.object({
    suspend: truthy,
    chart: optional(z.object({
      spec: optional(z.object({ chart: text, sourceRef: optional(refSchema) })),
    })),
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
  const identity = identityOf(metadata);
  const { namespace } = identity;
  const chart = spec?.chart?.spec;
  const source = sourceOf(identity, spec?.chartRef, status?.helmChart);
  return {
    kind: "HelmRelease",
    ...identity,
    suspended: spec?.suspend ?? false,
    dependsOn: readDependsOn(spec?.dependsOn ?? [], namespace),
    chart: chart?.chart ?? spec?.chartRef?.name,
    source,
    origin: source.kind === "HelmChart" ? readKindRef(chart?.sourceRef, namespace) : source,
    observedGeneration: status?.observedGeneration,
    conditions: status?.conditions ?? [],
    history: (status?.history ?? []).flatMap((entry) => historySchema.safeParse(entry).data ?? []),
    failures: Math.max(0, status?.failures ?? 0),
    revision: status?.lastAttemptedRevision,
  };
}

/** As the controller looks it up: `chartRef`, else the HelmChart that it made itself. */
function sourceOf(
  release: ObjectRef,
  chartRef: z.output<typeof refSchema> | undefined,
  helmChart: string | undefined,
): KindRef {
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
