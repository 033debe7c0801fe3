import type { KubeObject } from "../cluster/kube_object.ts";

/** The user that the connectors of the tests act as. */
export const RUNNER = "engram-runner";

/** What the ServiceAccount of an engram's pod may do, and nothing more: the connector's README. */
export function podRole(): KubeObject[] {
  const api = "rbac.authorization.k8s.io";
  const metadata = { name: RUNNER, namespace: "demo" };
  const rule = (resource: string, verb: string) => ({
    apiGroups: ["transport.bubustack.io"],
    resources: [resource],
    verbs: [verb],
  });
  return [
    {
      apiVersion: `${api}/v1`,
      kind: "Role",
      metadata,
      rules: [rule("transportbindings", "get"), rule("transportbindings/status", "patch")],
    },
    {
      apiVersion: `${api}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: api, kind: "Role", name: RUNNER },
      subjects: [{ apiGroup: api, kind: "User", name: RUNNER }],
    },
  ];
}
