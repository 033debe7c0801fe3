import { z } from "zod";
import { type Condition, conditionsSchema } from "./condition.ts";
import { type KindRef, readKindRef, refSchema } from "./flux_object.ts";
import { optional, text } from "./lenient.ts";

/** What we read of a `source.toolkit.fluxcd.io` HelmChart. */
export interface HelmChart {
  readonly namespace: string;
  readonly name: string;
  readonly conditions: readonly Condition[];
  /** Where it is fetched from. */
  readonly origin: KindRef | undefined;
  /** Revision of the artifact that it holds. */
  readonly revision: string | undefined;
}

const chartSchema = z.object({
  metadata: z.object({ name: z.string().min(1), namespace: text }),
  spec: optional(z.object({ sourceRef: optional(refSchema) })),
  status: optional(z.object({
    conditions: conditionsSchema,
    artifact: optional(z.object({ revision: text })),
  })),
});

/**
 * Reads a HelmChart as the API server sends it; total like the reading of a HelmRelease.
 *
 * @returns undefined when the object has no name
 */
export function readHelmChart(object: unknown): HelmChart | undefined {
  const result = chartSchema.safeParse(object);
  if (!result.success) return undefined;
  const { metadata, spec, status } = result.data;
  const namespace = metadata.namespace ?? "";
  return {
    namespace,
    name: metadata.name,
    conditions: status?.conditions ?? [],
    origin: readKindRef(spec?.sourceRef, namespace),
    revision: status?.artifact?.revision,
  };
}
