import { CONNECTOR_ENV, HUB_ENV } from "../contracts/transport/environment.ts";

/** One setting, and where it may be set: a flag wins over the environment, that over the ConfigMap. */
export interface Setting {
  readonly flag?: string;
  /** Whether the flag may stand alone, for `true`. */
  readonly isSwitch?: true;
  readonly env?: string;
  /** Key in the operator's ConfigMap. */
  readonly key?: string;
  readonly default?: string;
  readonly purpose: string;
}

const LOGS = "the log is one JSON object a line, with times of RFC 3339";

/** Flags of the original that its manifests may carry, and that have nothing to say here. */
function unused(why: string): string {
  return `Taken and without effect: ${why}`;
}

/** All settings, as `--help` and the README show them. Names are the original's, where it has one. */
export const SETTINGS = {
  configNamespace: {
    flag: "config-namespace",
    default: "bobrapet-system",
    purpose: "Namespace of the ConfigMap with settings",
  },
  configName: {
    flag: "config-name",
    default: "bobravoz-grpc-operator-config",
    purpose: "Its name; may be missing; read again every 30 s for the connector's image",
  },
  watchNamespace: {
    flag: "watch-namespace",
    purpose: "The only namespace to work in; all when unset",
  },
  healthAddress: {
    flag: "health-probe-bind-address",
    default: ":8081",
    purpose: "Where /healthz and /readyz are served; 0 for nowhere",
  },
  metricsAddress: {
    flag: "metrics-bind-address",
    default: ":8080",
    purpose: "Where /metrics is served; 0 for nowhere",
  },
  metricsSecure: {
    flag: "metrics-secure",
    isSwitch: true,
    default: "false",
    purpose: "Serve /metrics over TLS, and only for bearer tokens whose user may get the " +
      "nonResourceURL /metrics; false: without TLS, for everybody who reaches the port",
  },
  metricsCertPath: {
    flag: "metrics-cert-path",
    purpose: "Folder of its certificate, read again when it rotates; the webhook's when unset",
  },
  metricsCertName: {
    flag: "metrics-cert-name",
    purpose: "The certificate's file in that folder; tls.crt, or the webhook's",
  },
  metricsCertKey: {
    flag: "metrics-cert-key",
    purpose: "The key's file in that folder; tls.key, or the webhook's",
  },
  leaderElect: {
    flag: "leader-elect",
    isSwitch: true,
    default: "false",
    purpose: "Let one of several replicas write, by a Lease in POD_NAMESPACE",
  },
  leaseName: {
    flag: "leader-election-id",
    default: "headrace-operator.bubustack.io",
    purpose: "Name of the Lease; not the original's, whose records differ",
  },
  leaseDuration: {
    flag: "leader-elect-lease-duration",
    default: "15s",
    purpose: "How long the others leave a leader alone that gives no sign of life",
  },
  podName: {
    env: "POD_NAME",
    purpose: "Names this process in the Lease and in Events; a random name when unset",
  },
  podNamespace: {
    env: "POD_NAMESPACE",
    purpose: "Where the Lease is; the service account's namespace when unset",
  },
  workers: {
    flag: "max-concurrent-reconciles",
    default: "8",
    purpose: "StoryRuns that are worked on at the same time",
  },
  hubEndpoint: {
    env: HUB_ENV.endpoint,
    purpose: "What connectors dial, verbatim; put together from the next four when unset",
  },
  hubService: {
    env: HUB_ENV.serviceName,
    default: "bobravoz-grpc-hub",
    purpose: "Name of the hub's Service",
  },
  hubNamespace: {
    env: HUB_ENV.serviceNamespace,
    purpose: "Its namespace; each workload's own when unset",
  },
  clusterDomain: {
    env: HUB_ENV.clusterDomain,
    default: "svc.cluster.local",
    purpose: "Domain of Services, with the svc. part",
  },
  hubPort: {
    flag: "hub-port",
    env: HUB_ENV.port,
    default: "9000",
    purpose: "Port of the hub",
  },
  hubMembersService: {
    flag: "hub-members-service",
    env: "BUBU_HUB_MEMBERS_SERVICE",
    purpose: "Headless Service of the hub's replicas in BUBU_HUB_SERVICE_NAMESPACE: every run is " +
      "pinned to one of those that are ready; no pinning when unset",
  },
  connectorImage: {
    flag: "connector-image",
    env: "CONNECTOR_IMAGE",
    key: "connector.image",
    purpose: "Image of the connector; when unset, pods get none",
  },
  connectorImagePullPolicy: {
    flag: "connector-image-pull-policy",
    env: "CONNECTOR_IMAGE_PULL_POLICY",
    key: "connector.image-pull-policy",
    default: "IfNotPresent",
    purpose: "Always, IfNotPresent or Never",
  },
  enableWebhooks: {
    env: "ENABLE_WEBHOOKS",
    default: "true",
    purpose:
      "Serve the webhook that adds connectors to pods; false on a machine without certificates",
  },
  webhookAddress: {
    flag: "webhook-bind-address",
    default: ":9443",
    purpose: "Where the webhook is served, with TLS",
  },
  webhookCertPath: {
    flag: "webhook-cert-path",
    default: "/tmp/k8s-webhook-server/serving-certs",
    purpose: "Folder of its tls.crt and tls.key; read again when they rotate",
  },
  webhookCertName: {
    flag: "webhook-cert-name",
    default: "tls.crt",
    purpose: "The certificate's file in that folder",
  },
  webhookCertKey: {
    flag: "webhook-cert-key",
    default: "tls.key",
    purpose: "The key's file in that folder",
  },
  flowServerUrl: {
    flag: "flow-server-url",
    env: "FLOW_SERVER_URL",
    purpose: "Base URL of a flow router that shows every StoryRun; none when unset",
  },
  flowTokenFile: {
    flag: "flow-token-file",
    env: "FLOW_TOKEN_FILE",
    purpose: "File with a bearer token for the router, read anew for each request",
  },
  clusterName: {
    flag: "cluster-name",
    env: "CLUSTER_NAME",
    purpose: "Names this cluster in the ids of its flows, where a router shows several clusters",
  },
  securityMode: {
    env: CONNECTOR_ENV.transportSecurityMode,
    key: "hub.transport-security-mode",
    default: "tls",
    purpose: "tls is what there is",
  },
  enableHttp2: {
    flag: "enable-http2",
    isSwitch: true,
    purpose: unused("webhook, probes and metrics speak HTTP/1.1"),
  },
  zapDevel: { flag: "zap-devel", isSwitch: true, purpose: unused(LOGS) },
  zapEncoder: { flag: "zap-encoder", purpose: unused(LOGS) },
  zapLogLevel: { flag: "zap-log-level", purpose: unused(LOGS) },
  zapStacktraceLevel: { flag: "zap-stacktrace-level", purpose: unused(LOGS) },
  zapTimeEncoding: { flag: "zap-time-encoding", purpose: unused(LOGS) },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
