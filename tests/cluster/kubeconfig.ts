import type { Access } from "./kube_client.ts";

/** A kubeconfig (`v1/Config`) with one cluster, one user and one context. */
export interface Kubeconfig {
  readonly apiVersion: "v1";
  readonly kind: "Config";
  readonly "current-context": string;
  readonly clusters: readonly unknown[];
  readonly users: readonly unknown[];
  readonly contexts: readonly unknown[];
}

/** Writes down an access as kubectl and every client library read it, everything inline. */
export function kubeconfigOf(access: Access, user: string): Kubeconfig {
  const { server, ca, certificate, key, token } = access;
  const name = "headrace-tests";
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": btoa(ca) } }],
    users: [{
      name: user,
      user: {
        ...(certificate === undefined ? {} : { "client-certificate-data": btoa(certificate) }),
        ...(key === undefined ? {} : { "client-key-data": btoa(key) }),
        ...(token === undefined ? {} : { token }),
      },
    }],
    contexts: [{ name, context: { cluster: name, user } }],
  };
}
