import { z } from "zod";
import { conditionsSchema } from "./condition.ts";
import { type FluxObject, identityOf, metadataSchema } from "./flux_object.ts";
import type { SourceKind } from "./kinds.ts";
import { count, optional, text, truthy } from "./lenient.ts";

/** What we read of a HelmRepository, OCIRepository, GitRepository, Bucket or ExternalArtifact. */
export interface Source extends FluxObject {
  readonly kind: SourceKind;
  /** Where it fetches from, without credentials. */
  readonly url: string | undefined;
  /**
   * Nobody reconciles it: source-controller leaves a HelmRepository of type `oci` as it is, because
   * its charts are pulled one by one.
   */
  readonly isStatic: boolean;
  readonly hasArtifact: boolean;
}

const sourceSchema = z.object({
  metadata: metadataSchema,
  spec: optional(z.object({
    suspend: truthy,
    url: text,
    type: text,
    endpoint: text,
    bucketName: text,
  })),
  status: optional(z.object({
    observedGeneration: count,
    conditions: conditionsSchema,
    artifact: optional(z.object({ revision: text })),
  })),
});

/**
 * Reads a source as the API server sends it; total like the reading of a HelmRelease.
 *
 * @returns undefined when the object has no name
 */
export function readSource(kind: SourceKind, object: unknown): Source | undefined {
  const result = sourceSchema.safeParse(object);
  if (!result.success) return undefined;
  const { metadata, spec, status } = result.data;
  const { endpoint, bucketName } = spec ?? {};
  const bucket = endpoint && bucketName ? `${endpoint}/${bucketName}` : endpoint;
  return {
    kind,
    ...identityOf(metadata),
    suspended: spec?.suspend ?? false,
    dependsOn: [],
    url: withoutCredentials(spec?.url ?? bucket),
    isStatic: kind === "HelmRepository" && spec?.type === "oci",
    hasArtifact: status?.artifact !== undefined,
    observedGeneration: status?.observedGeneration,
    conditions: status?.conditions ?? [],
    revision: status?.artifact?.revision,
  };
}

/** People write passwords into URLs although there are secrets for them; a map is for everybody. */
function withoutCredentials(url: string | undefined): string | undefined {
  return url?.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1");
}
