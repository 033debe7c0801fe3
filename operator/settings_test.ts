import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseFlags } from "./flags.ts";
import { helpText } from "./help.ts";
import { readSettings, SettingsError, type SettingSources } from "./settings.ts";
import { SETTINGS } from "./settings_catalog.ts";

function settings(given: {
  args?: string[];
  env?: Record<string, string>;
  configMap?: Record<string, string>;
} = {}) {
  const sources: SettingSources = {
    flags: parseFlags(given.args ?? []),
    env: (name) => given.env?.[name],
    configMap: given.configMap ?? {},
  };
  return readSettings(sources);
}

function problemsOf(given: Parameters<typeof settings>[0]): readonly string[] {
  return assertThrows(() => settings(given), SettingsError).problems;
}

Deno.test("nothing needs to be set", () => {
  assertEquals(settings(), {
    configNamespace: "bobrapet-system",
    configName: "bobravoz-grpc-operator-config",
    watchNamespace: undefined,
    healthAddress: { hostname: "0.0.0.0", port: 8081 },
    metricsAddress: { hostname: "0.0.0.0", port: 8080 },
    metricsTls: undefined,
    leaderElect: false,
    leaseName: "headrace-operator.bubustack.io",
    leaseDuration: 15_000,
    podName: undefined,
    podNamespace: undefined,
    workers: 8,
    hub: {
      endpoint: undefined,
      serviceName: "bobravoz-grpc-hub",
      serviceNamespace: undefined,
      clusterDomain: "svc.cluster.local",
      port: 9000,
      members: undefined,
    },
    connector: { image: "", imagePullPolicy: "IfNotPresent" },
    router: undefined,
    webhook: {
      address: { hostname: "0.0.0.0", port: 9443 },
      certPath: "/tmp/k8s-webhook-server/serving-certs",
      certName: "tls.crt",
      keyName: "tls.key",
    },
  });
});

Deno.test("runs are pinned to members of a Service whose namespace is known", () => {
  const env = { BUBU_HUB_MEMBERS_SERVICE: "hub-members", BUBU_HUB_SERVICE_NAMESPACE: "headrace" };
  assertEquals(settings({ env }).hub.members, { name: "hub-members", namespace: "headrace" });
  assertStringIncludes(
    problemsOf({ args: ["--hub-members-service=hub-members"] }).join(),
    "BUBU_HUB_SERVICE_NAMESPACE must be set",
  );
});

Deno.test("the connector's image may come from anywhere, and the webhook can be left out", () => {
  const configMap = { "connector.image": "from/map", "connector.image-pull-policy": "Always" };
  const env = { CONNECTOR_IMAGE: "from/env", ENABLE_WEBHOOKS: "false" };
  assertEquals(settings({ configMap }).connector, { image: "from/map", imagePullPolicy: "Always" });
  assertEquals(settings({ configMap, env }).connector.image, "from/env");
  const args = ["--connector-image=from/flag"];
  assertEquals(settings({ configMap, env, args }).connector.image, "from/flag");
  assertEquals(settings({ env }).webhook, undefined);
});

Deno.test("a flag wins over the environment, that over the ConfigMap; blank is unset", () => {
  const env = { BUBU_HUB_PORT: "9100" };
  assertEquals(settings({ args: ["--hub-port=9200"], env }).hub.port, 9200);
  assertEquals(settings({ env }).hub.port, 9100);
  assertEquals(settings({ env: { BUBU_HUB_PORT: "  " } }).hub.port, 9000);
  const configMap = { "hub.transport-security-mode": "plaintext" };
  assertEquals(settings({ configMap, env: { BUBU_TRANSPORT_SECURITY_MODE: "tls" } }).workers, 8);
  assertEquals(problemsOf({ configMap }), [
    'hub.transport-security-mode in the ConfigMap must be tls, not "plaintext"',
  ]);
});

Deno.test("every problem is named, with where it was set", () => {
  assertEquals(
    problemsOf({
      args: ["--metrics-bind-address", "here", "--max-concurrent-reconciles=0"],
      env: { BUBU_HUB_ENDPOINT: "https://hub", BUBU_HUB_CLUSTER_DOMAIN: "svc..local" },
    }),
    [
      '--metrics-bind-address must be [host]:port such as :8081, or 0, not "here"',
      '--max-concurrent-reconciles must be an integer from 1 to 100, not "0"',
      'BUBU_HUB_ENDPOINT must be host:port, not "https://hub"',
      'BUBU_HUB_CLUSTER_DOMAIN must be a domain such as svc.cluster.local, not "svc..local"',
    ],
  );
});

Deno.test("a router is a plain URL; a password in it is not shown", () => {
  const env = { FLOW_SERVER_URL: "http://router:8080/flows/", FLOW_TOKEN_FILE: "/token" };
  assertEquals(settings({ env }).router, {
    url: "http://router:8080/flows",
    tokenFile: "/token",
    cluster: undefined,
  });
  assertEquals(settings({ env, args: ["--cluster-name=fsn1"] }).router?.cluster, "fsn1");
  assertEquals(problemsOf({ env: { FLOW_SERVER_URL: "https://ada:secret@router" } }), [
    "FLOW_SERVER_URL must be an http or https URL without user, query or fragment, not " +
    '"https://…@router"',
  ]);
});

Deno.test("flags are read as Go reads them", () => {
  const given = settings({
    args: ["-leader-elect", "--metrics-bind-address", "0", "--watch-namespace=demo"],
  });
  assertEquals(
    [given.leaderElect, given.metricsAddress, given.watchNamespace],
    [true, undefined, "demo"],
  );
  assertEquals(settings({ args: ["--leader-elect=false"] }).leaderElect, false);
  assertEquals(problemsOf({ args: ["--nope", "word", "--hub-port"] }), [
    "unknown argument --nope: see --help",
    "unknown argument word: see --help",
    "--hub-port needs a value",
  ]);
});

Deno.test("the help names every setting, and where it may be set", () => {
  const help = helpText();
  for (const row of Object.values(SETTINGS)) {
    assertStringIncludes(help, row.purpose);
    if ("flag" in row) assertStringIncludes(help, `--${row.flag}`);
    if ("env" in row) assertStringIncludes(help, row.env);
    if ("key" in row) assertStringIncludes(help, `${row.key} (ConfigMap)`);
  }
});

/** The original's Deployment passes these, and its `--help` names the others. */
const ORIGINAL = [
  "--metrics-bind-address=:8443",
  "--health-probe-bind-address=:8081",
  "--leader-elect",
  "--metrics-secure=false",
  "--metrics-cert-path=/metrics-certs",
  "--metrics-cert-name=tls.crt",
  "--metrics-cert-key=tls.key",
  "--webhook-cert-path=/webhook-certs",
  "--webhook-cert-name=server.crt",
  "--webhook-cert-key=server.key",
  "--enable-http2=false",
  "--hub-port=9100",
  "--connector-image=connector:1",
  "--connector-image-pull-policy=Always",
  "--config-namespace=system",
  "--config-name=settings",
  "--zap-devel",
  "--zap-encoder=json",
  "--zap-log-level=info",
  "--zap-stacktrace-level=error",
  "--zap-time-encoding=rfc3339",
];

Deno.test("every flag of the original is taken, and means what it means there or says that it does not", () => {
  const read = settings({ args: ORIGINAL });
  assertEquals(read.metricsAddress?.port, 8443);
  assertEquals([read.configNamespace, read.configName, read.hub.port], [
    "system",
    "settings",
    9100,
  ]);
  assertEquals(read.connector, { image: "connector:1", imagePullPolicy: "Always" });
  assertEquals([read.webhook?.certPath, read.webhook?.certName, read.webhook?.keyName], [
    "/webhook-certs",
    "server.crt",
    "server.key",
  ]);
  const rows: readonly { flag?: string; purpose: string }[] = Object.values(SETTINGS);
  for (const flag of ["enable-http2", "zap-log-level"]) {
    const row = rows.find((row) => row.flag === flag);
    assertStringIncludes(row?.purpose ?? "", "without effect");
  }
});

Deno.test("secure metrics have the webhook's certificate, or one of their own", () => {
  const webhook = ["--webhook-cert-path=/webhook", "--webhook-cert-name=server.crt"];
  assertEquals(settings({ args: ["--metrics-secure", ...webhook] }).metricsTls, {
    certPath: "/webhook",
    certName: "server.crt",
    keyName: "tls.key",
  });
  const own = ["--metrics-cert-path=/metrics", "--metrics-cert-key=metrics.key"];
  assertEquals(settings({ args: ["--metrics-secure=true", ...webhook, ...own] }).metricsTls, {
    certPath: "/metrics",
    certName: "tls.crt",
    keyName: "metrics.key",
  });
  assertEquals(problemsOf({ args: ["--metrics-secure=maybe"] }), [
    '--metrics-secure must be true or false, not "maybe"',
  ]);
});
