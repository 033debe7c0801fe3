import type { ResourceDefinition } from "../../kube/testing/object_store.ts";

/** What a Flux cluster serves and a recording may hold objects of. */
export const FLUX_RESOURCES: readonly ResourceDefinition[] = [
  {
    group: "helm.toolkit.fluxcd.io",
    version: "v2",
    resource: "helmreleases",
    kind: "HelmRelease",
    namespaced: true,
    shortNames: ["hr"],
  },
  {
    group: "source.toolkit.fluxcd.io",
    version: "v1",
    resource: "helmcharts",
    kind: "HelmChart",
    namespaced: true,
    shortNames: ["hc"],
  },
];
