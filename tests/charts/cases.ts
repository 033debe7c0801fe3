/** The sets of values that the charts are tested with: one for every toggle and combination that matters. */

/** A chart with values. */
export interface Case {
  readonly chart: string;
  /** Names its golden file. */
  readonly name: string;
  readonly values: Record<string, unknown>;
  readonly apiVersions?: readonly string[];
}

export const MONITORING = "monitoring.coreos.com/v1";
export const CERT_MANAGER = "cert-manager.io/v1";
export const GATEWAY = "gateway.networking.k8s.io/v1";

/** The least that an adapter must be told. */
export const REGION = {
  flowServerUrl: "http://rollout-headrace-server.headrace.svc",
  flowId: "rollout-42",
  regionKey: "fsn1",
};

/** Rules with a token and an issuer. */
export const RULES = {
  tokens: [
    { name: "ops", sha256: "0".repeat(64), allow: [{ actions: ["read"], flows: ["*"] }] },
  ],
  issuers: [
    {
      issuer: "https://kubernetes.default.svc.cluster.local",
      audience: "headrace",
      jwksFile: "/etc/headrace/fsn1.jwks.json",
      subjects: [
        {
          subject: "system:serviceaccount:headrace:rollout-headrace-adapter",
          allow: [{ actions: ["read", "write"], flows: ["rollout-*"] }],
        },
      ],
    },
  ],
};

const open = { access: { insecure: true } };
const closed = { access: { rules: RULES, keySets: { "fsn1.jwks.json": '{"keys":[]}' } } };

function server(name: string, flowServer: object, more: Partial<Case> = {}): Case {
  return { chart: "headrace-server", name, values: { flowServer }, ...more };
}

function adapter(name: string, flowEmitter: object, more: Partial<Case> = {}): Case {
  return {
    chart: "headrace-adapter",
    name,
    values: { flowEmitter: { ...REGION, ...flowEmitter } },
    ...more,
  };
}

/** The issuer that an operator must be told where cert-manager is. */
export const ISSUER = { sharedCAIssuerName: "shared-ca" };

function operator(name: string, values: object, more: Partial<Case> = {}): Case {
  return {
    chart: "headrace-operator",
    name,
    values: { global: ISSUER, ...values },
    apiVersions: [CERT_MANAGER],
    ...more,
  };
}

const SPREAD = [{
  maxSkew: 1,
  topologyKey: "topology.kubernetes.io/zone",
  whenUnsatisfiable: "ScheduleAnyway",
}];

export const CASES: readonly Case[] = [
  server("insecure", open),
  server("disabled", { enabled: false }),
  server("rules", closed),
  server("existing-secret", { access: { existingSecret: "router-access" } }),
  server("httproute", {
    ...closed,
    httproute: {
      enabled: true,
      hostname: "flow.example.org",
      gatewayRef: { name: "gateway", sectionName: "https" },
    },
  }),
  server("ingress", {
    ...closed,
    ingress: {
      enabled: true,
      className: "nginx",
      hostname: "flow.example.org",
      tlsSecret: "flow-tls",
      annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
    },
  }),
  server("load-balancer", { ...closed, service: { type: "LoadBalancer", port: 8443 } }),
  server("names-and-images", {
    ...open,
    workloadName: "openova-flow-server",
    image: { digest: `sha256:${"a".repeat(64)}` },
    imagePullSecrets: [{ name: "ghcr-pull" }],
    serviceAccount: { create: false, name: "flows" },
    port: 9090,
    ringCapacity: 1_000_000,
    settings: { FLOW_SERVER_FLOW_TTL: "1h", FLOW_SERVER_MAX_FLOWS: "10" },
  }, {}),
  server("scheduling", {
    ...open,
    replicas: 0,
    podLabels: { team: "platform", "app.kubernetes.io/name": "not-this" },
    podAnnotations: { note: "1" },
    priorityClassName: "system-cluster-critical",
    nodeSelector: { "kubernetes.io/os": "linux", pool: "infra" },
    affinity: { podAntiAffinity: {} },
    tolerations: [{ key: "infra", operator: "Exists" }],
    topologySpreadConstraints: SPREAD,
    podSecurityContext: { runAsUser: null, runAsNonRoot: false, fsGroup: 5000 },
  }),
  server("policies", {
    ...open,
    podDisruptionBudget: { enabled: true, maxUnavailable: 0 },
    networkPolicy: {
      enabled: true,
      ingressFrom: [{ namespaceSelector: {} }],
      egress: [{ ports: [{ port: 443, protocol: "TCP" }] }],
    },
  }),
  server("network-policy", { ...open, networkPolicy: { enabled: true } }),
  server("observability-off", {
    ...open,
    serviceMonitor: { enabled: false },
    prometheusRule: { enabled: false },
    dashboard: { enabled: false },
  }, { apiVersions: [MONITORING] }),
  server("observability-on", {
    ...closed,
    serviceMonitor: { enabled: true, labels: { release: "prometheus" }, tokenSecret: "scraper" },
    prometheusRule: { enabled: true, labels: { release: "prometheus" } },
    dashboard: { enabled: true, annotations: { folder: "Headrace" } },
  }, { apiVersions: [MONITORING] }),
  server("observability-without-api", {
    ...open,
    serviceMonitor: { enabled: true },
    prometheusRule: { enabled: true },
  }),
  {
    ...server("registry", open),
    values: {
      flowServer: open,
      global: { imageRegistry: "mirror.example.org/ghcr/", imagePullSecrets: [{ name: "mirror" }] },
    },
  },
  adapter("daemon-set", {}),
  adapter("disabled", { enabled: false }),
  adapter("deployment", {
    kind: "Deployment",
    replicas: 3,
    topologySpreadConstraints: SPREAD,
    podDisruptionBudget: { enabled: true },
  }),
  adapter("audience", {
    routerToken: { audience: "headrace" },
    flowServerUrl: "https://flow.example.org/base/",
  }),
  adapter("token-secret", { routerToken: { existingSecret: "router-token", key: "bearer" } }),
  adapter("namespaced", {
    namespaceFilter: "flux-system, apps",
    rbac: { namespaced: true },
    watchKinds: ["HelmRelease"],
  }),
  adapter("every-kind", {
    namespaceFilter: "*",
    watchKinds: [
      "HelmRelease",
      "HelmChart",
      "HelmRepository",
      "OCIRepository",
      "GitRepository",
      "Bucket",
      "ExternalArtifact",
      "Kustomization",
    ],
  }),
  adapter("without-rbac", { rbac: { create: false }, serviceAccount: { create: false } }),
  adapter("network-policy", {
    flowServerUrl: "https://flow.example.org",
    networkPolicy: { enabled: true, apiServerPorts: [6443] },
  }),
  adapter("names-and-images", {
    workloadName: "openova-flow-emitter",
    image: { tag: "", digest: `sha256:${"b".repeat(64)}` },
    imagePullSecrets: [{ name: "ghcr-pull" }],
    emitInterval: "1s",
    postTimeout: "5s",
    healthPort: 9091,
    statusMapping: "seed",
    lease: { duration: "30s" },
  }),
  adapter("observability-off", { prometheusRule: { enabled: false } }, {
    apiVersions: [MONITORING],
  }),
  adapter("observability-on", {
    prometheusRule: { enabled: true, labels: { release: "prometheus" } },
  }, { apiVersions: [MONITORING] }),
  adapter(
    "observability-on-deployment",
    { kind: "Deployment", prometheusRule: { enabled: true } },
    {
      apiVersions: [MONITORING],
    },
  ),
  adapter("observability-without-api", { prometheusRule: { enabled: true } }),
  operator("default", {}),
  operator("disabled", { operator: { enabled: false }, hub: { enabled: false } }),
  operator("hub", {
    operator: { connector: { image: "ghcr.io/bubustack/bobravoz-grpc-connector:1.0.0" } },
    hub: {
      replicas: 3,
      podDisruptionBudget: { maxUnavailable: 2 },
      topologySpreadConstraints: SPREAD,
    },
  }),
  operator("hub-in-one-namespace", {
    operator: { watchNamespace: "apps" },
    hub: { replicas: 1 },
  }),
  operator("hub-everything", {
    hub: {
      networkPolicy: {
        enabled: true,
        from: [{ ipBlock: { cidr: "10.0.0.0/8" } }],
        metricsFrom: [{ namespaceSelector: {} }],
      },
      serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
      identity: "report",
      service: { port: 9100, annotations: { note: "1" } },
      settings: { BUBU_HUB_MAX_ACTIVE_STREAMS: "100" },
    },
  }, { apiVersions: [CERT_MANAGER, MONITORING] }),
  operator("hub-with-storage", {
    hub: {
      replicas: 1,
      storage: { enabled: true, size: "10Gi", storageClassName: "fast", whenDeleted: "Delete" },
      settings: { HUB_STORAGE_MAX_BYTES: "8589934592" },
    },
  }),
  operator("hub-of-a-file", {
    hub: {
      stories: "apiVersion: bubustack.io/v1alpha1\nkind: Story\nmetadata:\n  name: talk\n",
      identity: "report",
      service: { port: 9100, annotations: { note: "1" } },
      settings: { BUBU_HUB_MAX_ACTIVE_STREAMS: "100" },
    },
  }),
  operator("hub-alone", {
    operator: { enabled: false },
    hub: { storiesConfigMap: "stories" },
  }),
  operator("existing-secrets", {
    global: {},
    operator: { webhook: { existingSecret: "webhook-tls", caBundle: "PEM" } },
    hub: { existingSecret: "hub-tls" },
  }, { apiVersions: [] }),
  operator("without-webhook", {
    global: {},
    operator: { webhook: { enabled: false } },
    hub: { enabled: false },
  }, { apiVersions: [] }),
  operator("without-rbac", {
    operator: { rbac: { create: false }, serviceAccount: { create: false } },
    hub: { rbac: { create: false }, serviceAccount: { create: false } },
  }),
  operator("one-namespace", {
    hub: { enabled: false },
    operator: {
      watchNamespace: "apps",
      hubEndpoint: "hub.example.org:9000",
      flowServerUrl: "https://flow.example.org",
      routerToken: { audience: "headrace" },
      webhook: { failurePolicy: "Ignore", timeoutSeconds: 2 },
      topologySpreadConstraints: SPREAD,
      podDisruptionBudget: { enabled: false },
      podLabels: { team: "platform", "app.kubernetes.io/component": "not-this" },
      podAnnotations: { note: "1" },
    },
  }),
  operator("token-secret", {
    operator: {
      flowServerUrl: "http://router.headrace.svc:8085",
      clusterName: "fsn1",
      routerToken: { existingSecret: "router-token", key: "bearer" },
    },
  }),
  operator("network-policy", {
    operator: {
      flowServerUrl: "http://router.headrace.svc:8085",
      networkPolicy: { enabled: true, metricsFrom: [{ namespaceSelector: {} }] },
    },
  }),
  operator("observability-off", {
    operator: { serviceMonitor: { enabled: false }, prometheusRule: { enabled: false } },
  }, { apiVersions: [CERT_MANAGER, MONITORING] }),
  operator("observability-on", {
    operator: {
      serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
      prometheusRule: { enabled: true, labels: { release: "prometheus" } },
    },
  }, { apiVersions: [CERT_MANAGER, MONITORING] }),
  operator("secure-metrics", {
    operator: { metrics: { secure: true }, serviceMonitor: { enabled: true } },
  }, { apiVersions: [MONITORING, CERT_MANAGER] }),
  operator("secure-metrics-of-secrets", {
    hub: { enabled: false },
    operator: {
      webhook: { existingSecret: "webhook-tls", caBundle: "PEM" },
      metrics: { secure: true },
      serviceMonitor: { enabled: true, tokenSecret: "scraper", tokenKey: "bearer" },
    },
  }, { apiVersions: [MONITORING] }),
  operator("observability-without-api", {
    operator: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } },
  }),
  {
    chart: "bp-stunner",
    name: "default",
    values: {},
    apiVersions: [GATEWAY],
  },
  { chart: "bp-stunner", name: "without-gateway-api", values: {} },
  {
    chart: "bp-stunner",
    name: "everything",
    values: {
      stunnerOverlay: {
        networkPolicy: { enabled: true },
        hpa: { enabled: true },
        serviceMonitor: {
          enabled: true,
          namespace: "monitoring",
          labels: { release: "prometheus" },
        },
      },
    },
    apiVersions: [GATEWAY, MONITORING],
  },
  {
    chart: "bp-stunner",
    name: "observability-off",
    values: { stunnerOverlay: { hpa: { enabled: false }, serviceMonitor: { enabled: false } } },
    apiVersions: [GATEWAY, MONITORING],
  },
  {
    chart: "bp-knative",
    name: "default",
    values: { knativeOverlay: { knativeServing: { sovereignFqdn: "k.example.org" } } },
  },
  {
    chart: "bp-knative",
    name: "everything",
    values: {
      knativeOverlay: {
        knativeServing: { sovereignFqdn: "k.example.org" },
        networkPolicy: { enabled: true },
        hpa: { enabled: true },
        serviceMonitor: { enabled: true },
      },
    },
    apiVersions: [MONITORING],
  },
  {
    chart: "bp-knative",
    name: "observability-off",
    values: {
      knativeOverlay: {
        knativeServing: { sovereignFqdn: "k.example.org", istioless: false },
        hpa: { enabled: false },
        serviceMonitor: { enabled: false },
      },
    },
    apiVersions: [MONITORING],
  },
  { chart: "bp-kserve", name: "default", values: {} },
  {
    chart: "bp-kserve",
    name: "everything",
    values: {
      kserveOverlay: {
        networkPolicy: { enabled: true },
        hpa: { enabled: true },
        serviceMonitor: { enabled: true },
      },
    },
    apiVersions: [MONITORING],
  },
  {
    chart: "bp-kserve",
    name: "observability-off",
    values: { kserveOverlay: { hpa: { enabled: false }, serviceMonitor: { enabled: false } } },
    apiVersions: [MONITORING],
  },
];
