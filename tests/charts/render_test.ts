import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { load } from "js-yaml";
import { VARIABLES } from "../../adapter/variables.ts";
import { SETTINGS } from "../../server/config.ts";
import {
  type Case,
  CASES,
  CERT_MANAGER,
  GATEWAY,
  ISSUER,
  MONITORING,
  REGION,
  RULES,
} from "./cases.ts";
import { goldenFile, render } from "./golden.ts";
import { createHelm, objectsIn } from "./helm.ts";

const CHARTS = [
  "headrace-server",
  "headrace-adapter",
  "headrace-operator",
  "bp-stunner",
  "bp-knative",
  "bp-kserve",
];
const REPOSITORY = new URL("../../", import.meta.url);

function textOf(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, REPOSITORY));
}

async function yamlOf<T>(path: string): Promise<T> {
  return load(await textOf(path)) as T;
}

Deno.test("every chart renders what was reviewed, for every toggle", async (t) => {
  await using helm = await createHelm();
  for (const one of CASES) {
    await t.step(`${one.chart}: ${one.name}`, async () => {
      const golden = await Deno.readTextFile(goldenFile(one));
      assertEquals(await render(helm, one), golden, "after a wanted change: golden.ts --update");
    });
  }
});

Deno.test("no golden file is left of a case that is gone", async () => {
  const known = new Set(CASES.map((one) => goldenFile(one).pathname));
  for await (const { name } of Deno.readDir(new URL("./golden/", import.meta.url))) {
    assert(known.has(new URL(`./golden/${name}`, import.meta.url).pathname), name);
  }
});

Deno.test("every chart passes a strict lint, with the values of every case", async () => {
  await using helm = await createHelm();
  for (const { chart, name, values, apiVersions = [] } of CASES) {
    // Lint has a cluster of its own that serves nothing foreign, and no flag to change it.
    if (apiVersions.includes(CERT_MANAGER)) continue;
    const path = await helm.values(values);
    const said = await helm.run("lint", "--strict", helm.chart(chart), `--values=${path}`);
    assert(said.ok, `${chart} ${name}: ${said.stdout}${said.stderr}`);
  }
});

const open = { access: { insecure: true } };
const rules = { access: { rules: RULES } };
const route = { enabled: true, hostname: "flow.example.org", gatewayRef: { name: "gateway" } };

/** What must not render, and the sentence that says why. */
const REFUSED: readonly [chart: string, values: object, sentence: string][] = [
  [
    "headrace-server",
    { flowServer: { ...open, image: { tag: "" } } },
    "headrace-server: .Values.flowServer.image.tag is empty: set it to a released version, or set .Values.flowServer.image.digest",
  ],
  [
    "headrace-server",
    { flowServer: { ...open, image: { tag: "latest" } } },
    'headrace-server: .Values.flowServer.image.tag is "latest", which names another image every time',
  ],
  [
    "headrace-server",
    { flowServer: { ...rules, httproute: { ...route, hostname: "" } } },
    "headrace-server: .Values.flowServer.httproute.hostname is required when httproute.enabled=true",
  ],
  [
    "headrace-server",
    { flowServer: { ...rules, httproute: { ...route, gatewayRef: { name: "" } } } },
    "headrace-server: .Values.flowServer.httproute.gatewayRef.name is required when httproute.enabled=true",
  ],
  [
    "headrace-server",
    { flowServer: { ...rules, ingress: { enabled: true } } },
    "headrace-server: .Values.flowServer.ingress.hostname is required when ingress.enabled=true",
  ],
  [
    "headrace-server",
    { flowServer: { ...open, replicas: 2 } },
    "headrace-server: .Values.flowServer.replicas is more than 1, but with backend=memory each pod would have flows of its own: set it to 1",
  ],
  [
    "headrace-server",
    {},
    "headrace-server: the router does not start without access control: set .Values.flowServer.access.rules",
  ],
  [
    "headrace-server",
    { flowServer: { access: { insecure: true, rules: RULES } } },
    "headrace-server: .Values.flowServer.access.insecure=true contradicts the access rules",
  ],
  [
    "headrace-server",
    { flowServer: { access: { existingSecret: "a", rules: RULES } } },
    "headrace-server: .Values.flowServer.access.existingSecret and .Values.flowServer.access.rules or keySets are both set",
  ],
  [
    "headrace-server",
    { flowServer: { access: { insecure: true, keySets: { "a.json": "{}" } } } },
    "headrace-server: .Values.flowServer.access.keySets is set, but no rule names a key set",
  ],
  ...[
    { httproute: route },
    { ingress: { enabled: true, hostname: "flow.example.org" } },
    { service: { type: "LoadBalancer" } },
    { service: { type: "NodePort" } },
  ].flatMap((way): [string, object, string][] => [
    [
      "headrace-server",
      { flowServer: { ...open, ...way } },
      "headrace-server: a public route without access control would let the world write: set .Values.flowServer.access.rules",
    ],
    [
      "headrace-server",
      { flowServer: way },
      "headrace-server: a public route without access control would let the world write",
    ],
  ]),
  [
    "headrace-server",
    { flowServer: { ...rules, serviceMonitor: { enabled: true } } },
    "headrace-server: .Values.flowServer.serviceMonitor.tokenSecret is required",
  ],
  ...(["flowServerUrl", "flowId", "regionKey"] as const).map((name): [string, object, string] => [
    "headrace-adapter",
    { flowEmitter: { ...REGION, [name]: "" } },
    `headrace-adapter: .Values.flowEmitter.${name} is required: set it to `,
  ]),
  [
    "headrace-adapter",
    { flowEmitter: { ...REGION, image: { tag: "" } } },
    "headrace-adapter: .Values.flowEmitter.image.tag is empty",
  ],
  [
    "headrace-adapter",
    { flowEmitter: { ...REGION, routerToken: { audience: "a", existingSecret: "b" } } },
    "headrace-adapter: .Values.flowEmitter.routerToken.audience and .Values.flowEmitter.routerToken.existingSecret are both set: set one of them",
  ],
  [
    "headrace-adapter",
    { flowEmitter: { ...REGION, podDisruptionBudget: { enabled: true } } },
    "headrace-adapter: .Values.flowEmitter.podDisruptionBudget.enabled=true protects nothing",
  ],
  [
    "headrace-adapter",
    { flowEmitter: { ...REGION, namespaceFilter: "*", rbac: { namespaced: true } } },
    "headrace-adapter: .Values.flowEmitter.rbac.namespaced=true cannot grant all namespaces",
  ],
  [
    "bp-knative",
    {},
    "bp-knative: .Values.knativeOverlay.knativeServing.sovereignFqdn is empty: set it to the domain",
  ],
  [
    "bp-stunner",
    { stunnerOverlay: { networkPolicy: { enabled: true }, udpPortRange: { start: 40000 } } },
    "bp-stunner: .Values.stunnerOverlay.udpPortRange.start is after its end",
  ],
  ...[["bp-stunner", "stunnerOverlay"], ["bp-kserve", "kserveOverlay"]].map((
    [chart, overlay],
  ): [string, object, string] => [
    chart!,
    { [overlay!]: { hpa: { enabled: true, minReplicas: 9 } } },
    `${chart}: .Values.${overlay}.hpa.minReplicas is more than maxReplicas`,
  ]),
  [
    "headrace-operator",
    { operator: { webhook: { enabled: false }, metrics: { secure: true } } },
    "headrace-operator: .Values.operator.metrics.secure needs a certificate, and the webhook has it",
  ],
];

Deno.test("what would not run, or would be open to the world, is refused with what to set", async (t) => {
  await using helm = await createHelm();
  for (const [chart, values, sentence] of REFUSED) {
    await t.step(
      `${sentence.slice(0, 70)} for ${JSON.stringify(values).slice(0, 60)}`,
      async () => {
        const { ok, stdout, stderr } = await helm.template(chart, values);
        assertFalse(ok, stdout);
        assertStringIncludes(stderr, sentence);
      },
    );
  }
});

const webhookOff = { webhook: { enabled: false } };
const hub = { enabled: false };

/** What an operator's chart must not render, with cert-manager in the cluster or without. */
const REFUSED_OPERATORS: readonly [served: boolean, values: object, sentence: string][] = [
  [
    true,
    {},
    "headrace-operator: .Values.global.sharedCAIssuerName is empty: set it to the ClusterIssuer",
  ],
  [
    false,
    { global: ISSUER },
    "headrace-operator: this cluster does not serve cert-manager.io/v1: install cert-manager, or set",
  ],
  [
    true,
    { operator: { webhook: { existingSecret: "a" } } },
    "headrace-operator: .Values.operator.webhook.caBundle is required",
  ],
  [
    true,
    { global: ISSUER, operator: { webhook: { caBundle: "PEM" } } },
    "headrace-operator: .Values.operator.webhook.caBundle is set without",
  ],
  [
    true,
    { operator: webhookOff },
    "headrace-operator: .Values.global.sharedCAIssuerName is empty",
  ],
  [
    true,
    { global: ISSUER, hub: { stories: "a", storiesConfigMap: "b" } },
    "headrace-operator: .Values.hub.stories and .Values.hub.storiesConfigMap are both set",
  ],
  [
    true,
    { global: ISSUER, operator: { hubEndpoint: "hub:9000" } },
    "headrace-operator: .Values.operator.hubEndpoint names another hub",
  ],
  [
    false,
    { hub, operator: { ...webhookOff, routerToken: { audience: "headrace" } } },
    "headrace-operator: .Values.operator.routerToken.audience is set, but no router",
  ],
  [
    false,
    {
      hub,
      operator: {
        ...webhookOff,
        flowServerUrl: "https://flow.example.org",
        routerToken: { audience: "a", existingSecret: "b" },
      },
    },
    "headrace-operator: .Values.operator.routerToken.audience and .Values.operator.routerToken.existingSecret are both set",
  ],
  [
    false,
    { hub, operator: { ...webhookOff, routerToken: { existingSecret: "b" } } },
    "headrace-operator: .Values.operator.routerToken.existingSecret is set, but no router",
  ],
  [
    false,
    { hub, operator: { ...webhookOff, image: { tag: "latest" } } },
    'headrace-operator: .Values.operator.image.tag is "latest"',
  ],
];

Deno.test("an operator or a hub without a certificate is refused at the render", async () => {
  await using helm = await createHelm();
  for (const [served, values, sentence] of REFUSED_OPERATORS) {
    const apiVersions = served ? [CERT_MANAGER] : [];
    const { ok, stdout, stderr } = await helm.template("headrace-operator", values, {
      apiVersions,
    });
    assertFalse(ok, stdout);
    assertStringIncludes(stderr, sentence);
  }
});

Deno.test("a key that no chart knows is refused, however deep", async () => {
  await using helm = await createHelm();
  const refused: [string, Record<string, unknown>, string][] = [
    ["headrace-server", { replicas: 1 }, "replicas"],
    ["headrace-server", { flowServer: { ...open, replica: 1 } }, "replica"],
    ["headrace-server", { flowServer: { ...open, image: { name: "x" } } }, "name"],
    ["headrace-server", { flowServer: { ...open, settings: { FLOW_SERVER_RING: "1" } } }, "RING"],
    ["headrace-server", { flowServer: { ...open, image: { digest: "sha256:1" } } }, "digest"],
    ["headrace-server", { flowServer: { access: { rules: { users: [] } } } }, "users"],
    ["headrace-adapter", { flowEmitter: { ...REGION, region: "x" } }, "region"],
    ["headrace-adapter", { flowEmitter: { ...REGION, flowServerUrl: "ftp://a" } }, "flowServerUrl"],
    ["headrace-adapter", { flowEmitter: { ...REGION, flowServerUrl: "http://u:p@a" } }, "Url"],
    ["headrace-adapter", { flowEmitter: { ...REGION, regionKey: "a/b" } }, "regionKey"],
    ["headrace-adapter", { flowEmitter: { ...REGION, watchKinds: ["Secret"] } }, "watchKinds"],
    ["headrace-adapter", { flowEmitter: { ...REGION, watchKinds: ["HelmChart"] } }, "watchKinds"],
    ["headrace-operator", { operator: { replica: 1 } }, "replica"],
    ["headrace-operator", { operator: { webhook: { failurePolicy: "Maybe" } } }, "failurePolicy"],
    ["headrace-operator", { hub: { settings: { HUB_OTHER: "1" } } }, "HUB_OTHER"],
    ["bp-stunner", { stunnerOverlay: { hpas: {} } }, "hpas"],
    ["bp-knative", { knativeoverlay: {} }, "knativeoverlay"],
    ["bp-kserve", { kserveOverlay: { hpa: { max: 1 } } }, "max"],
  ];
  for (const [chart, values, word] of refused) {
    const { ok, stdout, stderr } = await helm.template(chart, values);
    assertFalse(ok, `${chart} took ${JSON.stringify(values)}: ${stdout}`);
    assertStringIncludes(stderr, "schema");
    assertStringIncludes(stderr, word);
  }
});

Deno.test("globals of other charts of an umbrella are let through", async () => {
  await using helm = await createHelm();
  const { ok, stderr } = await helm.template("headrace-server", {
    flowServer: open,
    global: { storageClass: "fast" },
  });
  assert(ok, stderr);
});

/** The least values of each chart, and where its monitoring toggle is. */
const MONITORED: readonly [string, (on: object) => Record<string, unknown>, string][] = [
  [
    "headrace-server",
    (serviceMonitor) => ({ flowServer: { ...open, serviceMonitor } }),
    "ServiceMonitor",
  ],
  [
    "headrace-server",
    (prometheusRule) => ({ flowServer: { ...open, prometheusRule } }),
    "PrometheusRule",
  ],
  [
    "headrace-adapter",
    (prometheusRule) => ({ flowEmitter: { ...REGION, prometheusRule } }),
    "PrometheusRule",
  ],
  [
    "headrace-operator",
    (serviceMonitor) => ({ hub, operator: { ...webhookOff, serviceMonitor } }),
    "ServiceMonitor",
  ],
  [
    "headrace-operator",
    (prometheusRule) => ({ hub, operator: { ...webhookOff, prometheusRule } }),
    "PrometheusRule",
  ],
  [
    "headrace-operator",
    (serviceMonitor) => ({
      operator: { enabled: false },
      hub: { existingSecret: "hub-tls", serviceMonitor },
    }),
    "ServiceMonitor",
  ],
  ["bp-stunner", (serviceMonitor) => ({ stunnerOverlay: { serviceMonitor } }), "ServiceMonitor"],
  [
    "bp-knative",
    (serviceMonitor) => ({
      knativeOverlay: { knativeServing: { sovereignFqdn: "k.example.org" }, serviceMonitor },
    }),
    "ServiceMonitor",
  ],
  ["bp-kserve", (serviceMonitor) => ({ kserveOverlay: { serviceMonitor } }), "ServiceMonitor"],
];

Deno.test("monitoring is off by default, on when asked for, off when told so, and waits for its API", async () => {
  await using helm = await createHelm();
  for (const [chart, values, kind] of MONITORED) {
    const count = async (toggle: object, apiVersions: readonly string[]) => {
      const { ok, stdout, stderr } = await helm.template(chart, values(toggle), { apiVersions });
      assert(ok, stderr);
      return stdout.match(new RegExp(`^kind: ${kind}$`, "gm"))?.length ?? 0;
    };
    assertEquals(await count({}, [MONITORING]), 0, `${chart}: default`);
    assertEquals(await count({ enabled: true }, [MONITORING]), 1, `${chart}: opt-in`);
    assertEquals(await count({ enabled: false }, [MONITORING]), 0, `${chart}: explicit off`);
    assertEquals(await count({ enabled: true }, []), 0, `${chart}: without the API`);
  }
});

Deno.test("the GatewayClass waits for the Gateway API, and can be left out", async () => {
  await using helm = await createHelm();
  const has = async (create: boolean, apiVersions: string[]) =>
    /^kind: GatewayClass$/m.test(
      (await helm.template("bp-stunner", { stunnerOverlay: { gatewayClass: { create } } }, {
        apiVersions,
      })).stdout,
    );
  assertEquals([await has(true, [GATEWAY]), await has(false, [GATEWAY]), await has(true, [])], [
    true,
    false,
    false,
  ]);
});

Deno.test("no name of one release is a name of another, in any namespace", async () => {
  await using helm = await createHelm();
  const names = async (release: string, namespace: string) => {
    const values = { flowEmitter: REGION };
    const said = await helm.template("headrace-adapter", values, { release, namespace });
    return objectsIn(said.stdout).map(({ kind, metadata }) =>
      [kind, metadata.namespace ?? "", metadata.name].join("/")
    );
  };
  const all = [
    ...await names("a", "one"),
    ...await names("b", "one"),
    ...await names("a", "two"),
    ...await names("headrace-adapter", "one"),
    ...await names("x".repeat(53), "one"),
    ...await names("x".repeat(52) + "y", "one"),
    ...await names("x".repeat(53), "n".repeat(60)),
  ];
  assertEquals(new Set(all).size, all.length);
});

Deno.test("the chart takes every setting of the router, and hands over those that it owns", async () => {
  const schema = JSON.parse(await textOf("charts/headrace-server/values.schema.json"));
  const free: string[] = schema.properties.flowServer.properties.settings.propertyNames.enum;
  const owned = ["LISTEN_ADDR", "ACCESS_FILE", "RING_CAPACITY"].map((name) =>
    `FLOW_SERVER_${name}`
  );
  assertEquals([...free, ...owned].sort(), Object.values(SETTINGS).map(({ name }) => name).sort());
});

Deno.test("the adapter's chart sets every variable of the adapter", async () => {
  const workload = await textOf("charts/headrace-adapter/templates/workload.yaml");
  // In a pod the API server is known without a kubeconfig.
  for (const { name } of VARIABLES.filter(({ name }) => name !== "KUBECONFIG")) {
    assertStringIncludes(workload, `- name: ${name}\n`);
  }
});

interface ChartFile {
  readonly name: string;
  readonly version: string;
  readonly appVersion: string;
  readonly dependencies: readonly { name: string; version: string; repository: string }[];
  readonly annotations: Readonly<Record<string, string>>;
}

Deno.test("versions agree: product, charts, images", async () => {
  const { version } = JSON.parse(await textOf("deno.json"));
  for (const part of ["server", "adapter", "operator"]) {
    const chart = await yamlOf<ChartFile>(`charts/headrace-${part}/Chart.yaml`);
    const values = await yamlOf<Record<string, { image?: { repository: string; tag: string } }>>(
      `charts/headrace-${part}/values.yaml`,
    );
    const image = Object.values(values).find((value) => value.image !== undefined)?.image;
    assertEquals([chart.appVersion, image?.tag], [version, version]);
    const named = chart.annotations["artifacthub.io/images"] ?? "";
    assertStringIncludes(named, `image: ${image?.repository}:${version}`);
  }
});

Deno.test("versions agree: upstream pin, app version, blueprint, catalogue entry", async () => {
  for (const chart of CHARTS.filter((name) => name.startsWith("bp-"))) {
    const file = await yamlOf<ChartFile>(`charts/${chart}/Chart.yaml`);
    const values = await yamlOf<{
      catalystBlueprint: { upstream: { chart: string; version: string; repo: string } };
    }>(`charts/${chart}/values.yaml`);
    const blueprint = await yamlOf<{
      metadata: { name: string };
      spec: { version: string; card: object; configSchema: object; placementSchema: object };
    }>(`charts/${chart}/blueprint.yaml`);
    const [pin, ...more] = file.dependencies;
    assert(pin !== undefined && more.length === 0);
    assertEquals(values.catalystBlueprint.upstream, {
      chart: pin.name,
      version: pin.version,
      repo: pin.repository,
    });
    assertEquals(file.appVersion, pin.version.replace(/^v/, ""));
    assertEquals([blueprint.metadata.name, blueprint.spec.version], [file.name, file.version]);
    assertEquals(Object.keys(blueprint.spec.card), ["title", "summary", "icon", "category"]);
    assertEquals(Object.keys(blueprint.spec.placementSchema), [
      "modes",
      "default",
      "minRegions",
      "maxRegions",
    ]);
  }
});

/** What Helm hashes into `Chart.lock`: the dependencies as asked for and as locked, as JSON. */
async function lockDigest(dependencies: ChartFile["dependencies"]): Promise<string> {
  const list = dependencies.map(({ name, version, repository }) => ({ name, version, repository }));
  const bytes = new TextEncoder().encode(JSON.stringify([list, list]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${hash.toHex()}`;
}

Deno.test("each Chart.lock is in step with its Chart.yaml, by Helm's own digest", async () => {
  for (const chart of CHARTS) {
    const { dependencies } = await yamlOf<ChartFile>(`charts/${chart}/Chart.yaml`);
    const lock = await yamlOf<ChartFile & { digest: string }>(`charts/${chart}/Chart.lock`);
    assertEquals(lock.dependencies.map(({ name, version }) => [name, version]), [
      ...dependencies.map(({ name, version }) => [name, version]),
    ]);
    assertEquals(lock.digest, await lockDigest(dependencies), chart);
  }
});

Deno.test("Helm takes these locks, and refuses one that is out of step", async () => {
  await using helm = await createHelm();
  // Written by Helm when it put our library in place: our own digest must be the same as its.
  const written = load(await Deno.readTextFile(`${helm.chart("headrace-server")}/Chart.lock`));
  const { dependencies } = await yamlOf<ChartFile>("charts/headrace-server/Chart.yaml");
  assertEquals((written as { digest: string }).digest, await lockDigest(dependencies));
  const chart = helm.chart("bp-stunner");
  const file = await Deno.readTextFile(`${chart}/Chart.yaml`);
  await Deno.writeTextFile(
    `${chart}/Chart.yaml`,
    file.replace("version: 1.1.0\n", "version: 1.2.0\n"),
  );
  const { ok, stderr } = await helm.run("dependency", "build", chart);
  assertFalse(ok);
  assertStringIncludes(stderr, "out of sync");
});

Deno.test("a fresh checkout installs with --dependency-update, and its lock stays as it is", async () => {
  await using helm = await createHelm();
  for (const chart of ["headrace-server", "headrace-adapter"]) {
    const folder = helm.chart(chart);
    await Deno.remove(`${folder}/charts`, { recursive: true });
    const lock = await textOf(`charts/${chart}/Chart.lock`);
    await Deno.writeTextFile(`${folder}/Chart.lock`, lock);
    const values = chart === "headrace-server" ? { flowServer: open } : { flowEmitter: REGION };
    const { ok, stdout, stderr } = await helm.run(
      "template",
      "rollout",
      folder,
      "--dependency-update",
      `--values=${await helm.values(values)}`,
    );
    assert(ok, stderr);
    assertStringIncludes(stdout, `helm.sh/chart: ${chart}-`);
    assertEquals(await Deno.readTextFile(`${folder}/Chart.lock`), lock);
  }
});

Deno.test("every case names a chart that there is, and no two share a golden file", () => {
  const key = ({ chart, name }: Case) => `${chart}.${name}`;
  assertEquals(new Set(CASES.map(key)).size, CASES.length);
  assertEquals(new Set(CASES.map(({ chart }) => chart)), new Set(CHARTS));
});
