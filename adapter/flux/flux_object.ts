import { z } from "zod";
import type { Condition } from "./condition.ts";
import type { NodeKind } from "./kinds.ts";
import { count, optional, text, time } from "./lenient.ts";

/** Names one object among those of its kind. */
export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
}

/** Names one object whatever its kind. */
export interface KindRef extends ObjectRef {
  readonly kind: string;
}

/** What is read of every object that becomes a node. Times are Unix milliseconds. */
export interface FluxObject extends ObjectRef {
  readonly kind: NodeKind;
  readonly uid: string;
  readonly generation: number | undefined;
  readonly createdAt: number | undefined;
  readonly deletedAt: number | undefined;
  /** Value of the label `catalyst.openova.io/family`. */
  readonly family: string | undefined;
  readonly suspended: boolean;
  readonly observedGeneration: number | undefined;
  readonly conditions: readonly Condition[];
  /** What it waits for among its own kind. */
  readonly dependsOn: readonly ObjectRef[];
  readonly revision: string | undefined;
}

export const FAMILY_LABEL = "catalyst.openova.io/family";

/** The metadata of an object, without which it is none. */
export const metadataSchema = z.object({
  name: z.string().min(1),
  namespace: text,
  uid: text,
  generation: count,
  creationTimestamp: time,
  deletionTimestamp: time,
  labels: optional(z.record(z.string(), z.unknown())),
});

/** The part of a {@linkcode FluxObject} that its metadata tells. */
export function identityOf(metadata: z.output<typeof metadataSchema>) {
  const family = text.parse(metadata.labels?.[FAMILY_LABEL])?.trim();
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    uid: metadata.uid ?? "",
    generation: metadata.generation,
    createdAt: metadata.creationTimestamp,
    deletedAt: metadata.deletionTimestamp,
    family: family || undefined,
  };
}

/** A reference as Flux writes it: kind and namespace may be left out. */
export const refSchema = z.object({ namespace: text, name: text, kind: text });

/** A reference that names its kind; without kind and name it names nothing. */
export function readKindRef(
  ref: z.output<typeof refSchema> | undefined,
  namespace: string,
): KindRef | undefined {
  if (ref?.kind === undefined || ref.name === undefined) return undefined;
  return { kind: ref.kind, namespace: ref.namespace ?? namespace, name: ref.name };
}

/** `spec.dependsOn` with the namespace filled in, blank and repeated entries left out. */
export function readDependsOn(entries: readonly unknown[], namespace: string): ObjectRef[] {
  const byKey = new Map<string, ObjectRef>();
  for (const entry of entries) {
    const ref = refSchema.safeParse(entry).data;
    const name = ref?.name?.trim();
    if (!name) continue;
    const dependency = { namespace: ref?.namespace?.trim() || namespace, name };
    byKey.set(refKey(dependency), dependency);
  }
  return [...byKey.values()];
}

/** Tells the objects of one kind apart. */
export function refKey({ namespace, name }: ObjectRef): string {
  return `${namespace}/${name}`;
}
