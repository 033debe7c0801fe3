import type { ServiceAccountName } from "./control_plane.ts";
import type { KubeObject } from "./kube_object.ts";

/** A namespace. */
export function namespace(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** A ServiceAccount. */
export function serviceAccount({ namespace, name }: ServiceAccountName): KubeObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name } };
}

/** Who is granted something. */
export type Grantee = { readonly user: string } | { readonly serviceAccount: ServiceAccountName };

/** Resources of one API group that are watched. */
export interface Watched {
  readonly group: string;
  readonly resources: readonly string[];
}

/** What the adapter reads. */
export const ADAPTER_READS: readonly Watched[] = [
  { group: "helm.toolkit.fluxcd.io", resources: ["helmreleases"] },
  { group: "source.toolkit.fluxcd.io", resources: ["helmcharts"] },
];

/** A ClusterRole that may list and watch, and nothing else, and its binding to someone. */
export function mayWatch(
  name: string,
  grantee: Grantee,
  watched: readonly Watched[] = ADAPTER_READS,
): KubeObject[] {
  const api = "rbac.authorization.k8s.io";
  return [
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: watched.map(({ group, resources }) => ({
        apiGroups: [group],
        resources,
        verbs: ["get", "list", "watch"],
      })),
    },
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: api, kind: "ClusterRole", name },
      subjects: [
        "user" in grantee
          ? { apiGroup: api, kind: "User", name: grantee.user }
          : { kind: "ServiceAccount", ...grantee.serviceAccount },
      ],
    },
  ];
}
