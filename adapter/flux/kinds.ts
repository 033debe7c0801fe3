/**
 * The kinds of Flux that take part in a rollout, with the group that serves them. Under which
 * version is for the API server to say.
 */
export const FLUX_KINDS = {
  HelmRelease: { group: "helm.toolkit.fluxcd.io" },
  HelmChart: { group: "source.toolkit.fluxcd.io" },
  HelmRepository: { group: "source.toolkit.fluxcd.io" },
  OCIRepository: { group: "source.toolkit.fluxcd.io" },
  GitRepository: { group: "source.toolkit.fluxcd.io" },
  Bucket: { group: "source.toolkit.fluxcd.io" },
  ExternalArtifact: { group: "source.toolkit.fluxcd.io" },
  Kustomization: { group: "kustomize.toolkit.fluxcd.io" },
} as const;

export type FluxKind = keyof typeof FLUX_KINDS;

/** A HelmChart is made by a HelmRelease for itself alone: it says more about that one's node. */
export type NodeKind = Exclude<FluxKind, "HelmChart">;

/** What others take their artifacts from. */
export type SourceKind = Exclude<NodeKind, "HelmRelease" | "Kustomization">;

export function isFluxKind(name: string): name is FluxKind {
  return Object.hasOwn(FLUX_KINDS, name);
}

/** Whether the objects of a kind are nodes of their own. */
export function isNodeKind(kind: FluxKind): kind is NodeKind {
  return kind !== "HelmChart";
}
