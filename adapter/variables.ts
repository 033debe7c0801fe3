/** One row of the environment table. */
export interface Variable {
  readonly name: string;
  /** A value, or a word for where it comes from. */
  readonly default?: string;
  readonly required: boolean;
  readonly purpose: string;
}

/** The environment table, as `--help` and the README show it. */
export const VARIABLES: readonly Variable[] = [
  {
    name: "FLOW_SERVER_URL",
    required: true,
    purpose: "Base URL of the flow router (http or https)",
  },
  { name: "FLOW_ID", required: true, purpose: "Id of the flow that this adapter reports to" },
  {
    name: "REGION_KEY",
    required: true,
    purpose: 'Region of this cluster, such as "fsn1"; the first part of every node id',
  },
  {
    name: "NAMESPACE_FILTER",
    default: "flux-system",
    required: false,
    purpose: "Namespaces to watch, separated by commas; * for all",
  },
  {
    name: "EMIT_INTERVAL",
    default: "200ms",
    required: false,
    purpose: "Shortest time between two rounds of posts; what changes meanwhile is merged",
  },
  {
    name: "POST_TIMEOUT",
    default: "10s",
    required: false,
    purpose: "Longest time that one request to the router may take",
  },
  {
    name: "HEALTH_LISTEN_ADDR",
    default: ":8081",
    required: false,
    purpose: "Where /healthz, /readyz and /metrics are served, as [host]:port",
  },
  {
    name: "STATUS_MAPPING",
    default: "flux",
    required: false,
    purpose: "flux: what today's Flux means; seed: the original's eight rows",
  },
  {
    name: "WATCH_KINDS",
    default: "HelmRelease,HelmChart",
    required: false,
    purpose: "Flux kinds to watch: also Kustomization and the kinds of sources",
  },
  {
    name: "LEASE_NAME",
    default: "by region",
    required: false,
    purpose: "Lease of the one that posts: headrace-adapter-<region>; off for none",
  },
  {
    name: "LEASE_NAMESPACE",
    default: "the pod's",
    required: false,
    purpose: "Namespace of the lease; with a kubeconfig that of its context",
  },
  {
    name: "LEASE_DURATION",
    default: "15s",
    required: false,
    purpose: "How long the others wait for a silent leader; it stops after two thirds",
  },
  {
    name: "POD_NAME",
    default: "HOSTNAME",
    required: false,
    purpose: "Names this adapter in the lease",
  },
  {
    name: "KUBECONFIG",
    required: false,
    purpose: "kubeconfig file; when unset, the pod's service account, then ~/.kube/config",
  },
  {
    name: "FLOW_TOKEN_FILE",
    required: false,
    purpose: "File with a bearer token for the router, read anew for each request",
  },
];
