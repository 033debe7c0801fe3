import type { KubeObject } from "../cluster/kube_object.ts";

/** What a test wants to be special about a release. */
export interface ReleaseParts {
  /** Version of the chart; 1.0.0 by default. */
  readonly version?: string;
  readonly dependsOn?: readonly string[];
  readonly values?: Readonly<Record<string, unknown>>;
  /** Further fields of the spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** For actions that cannot end well; what can end well has all the time that a busy machine needs. */
export const SHORT = "3s";

/** A HelmRelease of the tests' chart, without a second attempt at anything. */
export function release(
  name: string,
  { version = "1.0.0", dependsOn = [], values = {}, spec = {} }: ReleaseParts = {},
): KubeObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name, namespace: "flux-system" },
    spec: {
      interval: "1h",
      releaseName: name,
      targetNamespace: "apps",
      storageNamespace: "apps",
      chart: {
        spec: { chart: "mill", version, sourceRef: { kind: "HelmRepository", name: "lab" } },
      },
      dependsOn: dependsOn.map((name) => ({ name })),
      timeout: "2m",
      install: { remediation: { retries: 0 } },
      upgrade: { remediation: { retries: 0 } },
      values,
      ...spec,
    },
  };
}
