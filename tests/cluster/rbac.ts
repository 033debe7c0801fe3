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

const RBAC = "rbac.authorization.k8s.io";

/** What the adapter reads. */
export const ADAPTER_READS: readonly Watched[] = [
  { group: "helm.toolkit.fluxcd.io", resources: ["helmreleases"] },
  { group: "source.toolkit.fluxcd.io", resources: ["helmcharts"] },
];

/** A Role that may hold a Lease of a namespace, and its binding to someone. */
export function mayLead(name: string, namespace: string, grantee: Grantee): KubeObject[] {
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: "Role",
      metadata: { namespace, name },
      rules: [{
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        verbs: ["get", "create", "update"],
      }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "RoleBinding",
      metadata: { namespace, name },
      roleRef: { apiGroup: RBAC, kind: "Role", name },
      subjects: [subjectOf(grantee)],
    },
  ];
}

/** A ClusterRole that may list and watch, and nothing else, and its binding to someone. */
export function mayWatch(
  name: string,
  grantee: Grantee,
  watched: readonly Watched[] = ADAPTER_READS,
): KubeObject[] {
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: watched.map(({ group, resources }) => ({
        apiGroups: [group],
        resources,
        verbs: ["list", "watch"],
      })),
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name },
      subjects: [subjectOf(grantee)],
    },
  ];
}

/** A ClusterRole that may read metrics, and its binding to someone. */
export function mayScrape(name: string, grantee: Grantee): KubeObject[] {
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name },
      subjects: [subjectOf(grantee)],
    },
  ];
}

function subjectOf(grantee: Grantee): Record<string, string> {
  return "user" in grantee
    ? { apiGroup: RBAC, kind: "User", name: grantee.user }
    : { kind: "ServiceAccount", ...grantee.serviceAccount };
}
