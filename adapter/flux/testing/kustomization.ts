/** Kustomizations and sources for tests, as the API server sends them. */
import type { SourceKind } from "../kinds.ts";
import { type Kustomization, readKustomization } from "../kustomization.ts";
import { readSource, type Source } from "../source.ts";
import type { WireCondition } from "./release.ts";

/** What a test wants to be special about an object. */
export interface ObjectParts {
  name?: string;
  namespace?: string;
  uid?: string;
  generation?: number;
  deletedAt?: string;
  labels?: Record<string, string>;
  spec?: Record<string, unknown>;
  conditions?: WireCondition[];
  status?: Record<string, unknown>;
}

/** The object on the wire; a generation of 1 that the controller has settled unless said otherwise. */
export function wireObject(
  kind: string,
  apiVersion: string,
  parts: ObjectParts = {},
): Record<string, unknown> {
  const { name = "apps", namespace = "flux-system", generation = 1 } = parts;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      uid: parts.uid ?? `uid-of-${kind}-${namespace}-${name}`,
      generation,
      creationTimestamp: "2026-11-20T18:00:00Z",
      ...(parts.deletedAt === undefined ? {} : { deletionTimestamp: parts.deletedAt }),
      ...(parts.labels === undefined ? {} : { labels: parts.labels }),
    },
    spec: parts.spec ?? {},
    status: {
      observedGeneration: generation,
      ...(parts.conditions === undefined ? {} : { conditions: parts.conditions }),
      ...parts.status,
    },
  };
}

export const REVISION = "main@sha1:8d3f1c2";

/** A Kustomization of the GitRepository `flux-system`, on the wire. */
export function wireKustomization({ spec, ...parts }: ObjectParts = {}): Record<string, unknown> {
  return wireObject("Kustomization", "kustomize.toolkit.fluxcd.io/v1", {
    ...parts,
    spec: {
      path: "./apps",
      sourceRef: { kind: "GitRepository", name: "flux-system" },
      ...spec,
    },
  });
}

/** The same, read. */
export function kustomization(parts: ObjectParts = {}): Kustomization {
  const read = readKustomization(wireKustomization(parts));
  if (read === undefined) throw new TypeError("a Kustomization needs a name");
  return read;
}

/** One entry of `status.inventory`. */
export function entry(kind: string, name: string, namespace = "flux-system"): { id: string } {
  const groups: Record<string, string> = {
    HelmRelease: "helm.toolkit.fluxcd.io",
    Kustomization: "kustomize.toolkit.fluxcd.io",
    GitRepository: "source.toolkit.fluxcd.io",
  };
  return { id: `${namespace}_${name}_${groups[kind] ?? ""}_${kind}` };
}

/** A source, read. */
export function source(kind: SourceKind, parts: ObjectParts = {}): Source {
  const read = readSource(kind, wireObject(kind, "source.toolkit.fluxcd.io/v1", parts));
  if (read === undefined) throw new TypeError("a source needs a name");
  return read;
}
