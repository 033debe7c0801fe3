import { z } from "zod";
import { conditionsSchema } from "./condition.ts";
import {
  type FluxObject,
  identityOf,
  type KindRef,
  metadataSchema,
  readDependsOn,
  readKindRef,
  refSchema,
} from "./flux_object.ts";
import { isFluxKind } from "./kinds.ts";
import { count, optional, text, time, truthy } from "./lenient.ts";

/** What `status.history` says of the last time that something was applied. */
export interface AppliedSnapshot {
  /** The reason that Ready had at its end. */
  readonly outcome: string;
  /** Since when it has come to this outcome each time, in Unix milliseconds. */
  readonly since: number | undefined;
}

/** What we read of a `kustomize.toolkit.fluxcd.io` Kustomization. Times are Unix milliseconds. */
export interface Kustomization extends FluxObject {
  readonly kind: "Kustomization";
  readonly source: KindRef | undefined;
  readonly path: string | undefined;
  readonly appliedRevision: string | undefined;
  /** Absent before Flux 2.7, which began to keep a history. */
  readonly latest: AppliedSnapshot | undefined;
  /** How many objects it applied. */
  readonly inventorySize: number;
  /** Those of them that may be nodes themselves. */
  readonly inventory: readonly KindRef[];
}

const kustomizationSchema = z.object({
  metadata: metadataSchema,
  spec: optional(z.object({
    suspend: truthy,
    path: text,
    sourceRef: optional(refSchema),
    dependsOn: optional(z.array(z.unknown())),
  })),
  status: optional(z.object({
    observedGeneration: count,
    conditions: conditionsSchema,
    lastAppliedRevision: text,
    lastAttemptedRevision: text,
    inventory: optional(z.object({ entries: optional(z.array(z.unknown())) })),
    history: optional(z.array(z.unknown())),
  })),
});

const snapshotSchema = z.object({
  lastReconciledStatus: z.string(),
  firstReconciled: time,
  lastReconciled: time,
});
const entrySchema = z.object({ id: z.string() });

/**
 * Reads a Kustomization as the API server sends it; total like the reading of a HelmRelease.
 *
 * @returns undefined when the object has no name
 */
export function readKustomization(object: unknown): Kustomization | undefined {
  const result = kustomizationSchema.safeParse(object);
  if (!result.success) return undefined;
  const { metadata, spec, status } = result.data;
  const identity = identityOf(metadata);
  const entries = status?.inventory?.entries ?? [];
  return {
    kind: "Kustomization",
    ...identity,
    suspended: spec?.suspend ?? false,
    dependsOn: readDependsOn(spec?.dependsOn ?? [], identity.namespace),
    source: readKindRef(spec?.sourceRef, identity.namespace),
    path: spec?.path,
    observedGeneration: status?.observedGeneration,
    conditions: status?.conditions ?? [],
    revision: status?.lastAttemptedRevision ?? status?.lastAppliedRevision,
    appliedRevision: status?.lastAppliedRevision,
    latest: readLatest(status?.history ?? []),
    inventorySize: entries.length,
    inventory: entries.flatMap(readEntry),
  };
}

/**
 * The history has one entry for each digest and outcome, the last one first. One that comes back
 * keeps its first time, so it is in force only since the one after it was.
 */
function readLatest(history: readonly unknown[]): AppliedSnapshot | undefined {
  const [latest, before] = history.map((entry) => snapshotSchema.safeParse(entry).data);
  if (latest === undefined) return undefined;
  const times = [latest.firstReconciled, before?.lastReconciled].filter((time) =>
    time !== undefined
  );
  return {
    outcome: latest.lastReconciledStatus,
    since: times.length === 0 ? undefined : Math.max(...times),
  };
}

/** `<namespace>_<name>_<group>_<kind>`; what Flux knows nothing of is only counted. */
function readEntry(entry: unknown): KindRef[] {
  const [namespace, name, group, kind] = entrySchema.safeParse(entry).data?.id.split("_") ?? [];
  if (namespace === undefined || name === undefined || kind === undefined) return [];
  return group?.endsWith(".toolkit.fluxcd.io") && isFluxKind(kind)
    ? [{ kind, namespace, name }]
    : [];
}
