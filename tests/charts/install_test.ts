import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper, type KeptProcess } from "../cluster/keeper.ts";
import { createKubeClient, KubeApiError, type KubeClient } from "../cluster/kube_client.ts";
import { type KubeList, type KubeObject } from "../cluster/kube_object.ts";
import { namespace } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import {
  type Cluster,
  inventory,
  type Listed,
  podsOf,
  reportReady,
  resourcesOf,
  restricted,
  startCluster,
} from "./cluster.ts";
import { createHelm, type Helm, objectsIn } from "./helm.ts";
import { containerOf, environmentOf, runTestPod, startProgram } from "./programs.ts";

const NAMESPACE = "headrace";
const FLOW = "rollout-42";
const ISSUER = "https://kubernetes.default.svc.cluster.local";
const READER = "for-reading-0123456789";

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex();
}

/** Runs a Helm command against the cluster. @throws {Error} with what Helm said */
async function helmOn(
  { kubeconfig }: Cluster,
  helm: Helm,
  ...args: readonly string[]
): Promise<string> {
  const { ok, stdout, stderr } = await helm.run(...args, `--kubeconfig=${kubeconfig}`);
  if (!ok) throw new Error(`helm ${args[0]}: ${stderr}`);
  return stdout;
}

/** The key set of the cluster's issuer, as `kubectl get --raw /openid/v1/jwks` prints it. */
async function keySet({ plane }: Cluster): Promise<string> {
  const { server, ca, certificate: cert, key } = plane.accessFor("reader", ["system:masters"]);
  assert(cert !== undefined && key !== undefined);
  using client = Deno.createHttpClient({ caCerts: [ca], cert, key });
  // Served as application/jwk-set+json, and not to a client that takes JSON only.
  const headers = { accept: "*/*" };
  return await (await fetch(`${server}/openid/v1/jwks`, { client, headers })).text();
}

/** Rules that let the adapter's account of this very cluster write, and somebody read. */
async function accessRules(cluster: Cluster, account: string) {
  return {
    rules: {
      tokens: [{
        name: "ops",
        sha256: await sha256(READER),
        allow: [{ actions: ["read"], flows: ["*"] }],
      }],
      issuers: [{
        issuer: ISSUER,
        audience: "headrace",
        jwksFile: "/etc/headrace/fsn1.jwks.json",
        subjects: [{
          subject: `system:serviceaccount:${NAMESPACE}:${account}`,
          allow: [{ actions: ["read", "write"], flows: ["rollout-*"] }],
        }],
      }],
    },
    keySets: { "fsn1.jwks.json": await keySet(cluster) },
  };
}

/** A token of a pod's ServiceAccount, bound to the pod as the kubelet asks for it. */
async function podToken(admin: KubeClient, pod: KubeObject, audience?: string): Promise<string> {
  const { serviceAccountName } = pod.spec as { serviceAccountName: string };
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${serviceAccountName}/token`;
  const { status } = await admin.request<{ status: { token: string } }>(path, {
    method: "POST",
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        expirationSeconds: 600,
        ...(audience === undefined ? {} : { audiences: [audience] }),
        boundObjectRef: {
          apiVersion: "v1",
          kind: "Pod",
          name: pod.metadata.name,
          uid: pod.metadata.uid,
        },
      },
    },
  });
  return status.token;
}

/** Writes the files of a Secret as the kubelet mounts them. */
async function mountSecret(admin: KubeClient, name: string, folder: string, from = folder) {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${name}`;
  const { data } = await admin.request<{ data: Record<string, string> }>(path);
  await Deno.mkdir(folder);
  for (const [file, text] of Object.entries(data)) {
    // Paths in the access file are those of the pod.
    const here = atob(text).replaceAll("/etc/headrace", from);
    await Deno.writeTextFile(`${folder}/${file}`, here);
  }
}

const VERBS = [
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
  "deletecollection",
];

/** What a user may do with any resource in a namespace, as `verb resource.group[/name]`. */
async function allowed(
  client: KubeClient,
  resources: readonly Listed[],
  namespace: string,
  names: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  const ask = async (verb: string, { group, resource }: Listed, name: string) => {
    const [plain, subresource] = resource.split("/");
    const { status } = await client.request<{ status: { allowed: boolean } }>(
      "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      {
        method: "POST",
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: {
            resourceAttributes: { namespace, verb, group, resource: plain, subresource, name },
          },
        },
      },
    );
    const target = group === "" ? resource : `${resource}.${group}`;
    if (status.allowed) found.push(`${verb} ${target}${name === "" ? "" : `/${name}`}`);
  };
  await Promise.all(resources.map(async (resource) => {
    for (const verb of VERBS) {
      // Only Leases are granted by name.
      const ofKind = resource.resource === "leases" ? ["", ...names] : [""];
      for (const name of ofKind) await ask(verb, resource, name);
    }
  }));
  return found.sort();
}

/** Every authenticated user may ask who he is and what he may (system:basic-user). */
const EVERYBODYS = [
  "create selfsubjectaccessreviews.authorization.k8s.io",
  "create selfsubjectreviews.authentication.k8s.io",
  "create selfsubjectrulesreviews.authorization.k8s.io",
];

/** Without the names that a permission on all of a kind covers as well. */
function onKinds(permissions: readonly string[]): string[] {
  const whole = new Set(permissions.filter((permission) => !permission.includes("/")));
  return permissions
    .filter((permission) => !EVERYBODYS.some((prefix) => permission.startsWith(prefix)))
    .filter((permission) => {
      const [kind] = permission.split("/");
      return permission === kind || !whole.has(kind!);
    });
}

const release = (name: string): KubeObject => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name, namespace: "flux-system" },
  spec: { interval: "5m", chartRef: { kind: "OCIRepository", name } },
});

/** The keys of what was added, changed and removed between two inventories. */
function difference(before: Map<string, string>, after: Map<string, string>) {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.filter((key) => before.get(key) !== after.get(key));
}

Deno.test("router and adapter install, work with what their charts grant, upgrade and go", async (t) => {
  // Each step builds on the one before.
  const step = async (name: string, run: () => Promise<void>) => assert(await t.step(name, run));
  await using helm = await createHelm();
  await using cluster = await startCluster();
  await using keeper = await createKeeper("headrace-installed-");
  const { plane } = cluster;
  const { admin } = plane;
  await plane.apply(restricted(NAMESPACE), ...["flux-system", "other"].map(namespace));
  await waitFor("the namespaces' accounts and authorities", async () => {
    const { items } = await admin.list("/api/v1/configmaps");
    return items.filter(({ metadata }) =>
      metadata.name === "kube-root-ca.crt" &&
      [NAMESPACE, "flux-system", "other"].includes(metadata.namespace ?? "")
    ).length === 3;
  });
  await waitFor("the accounts", async () => {
    const { items } = await admin.list("/api/v1/serviceaccounts");
    return ["default", NAMESPACE, "flux-system", "other"].every((name) =>
      items.some(({ metadata }) => metadata.namespace === name)
    );
  });
  const before = await inventory(cluster);
  const router = `127.0.0.1:${freePort()}`;
  const account = "adapter-headrace-adapter";
  const access = await accessRules(cluster, account);
  const serverValues = { flowServer: { access } };
  const adapterValues = {
    flowEmitter: {
      flowServerUrl: "http://router-headrace-server.headrace.svc",
      flowId: FLOW,
      regionKey: "fsn1",
      routerToken: { audience: "headrace" },
    },
  };
  const install = async (name: string, chart: string, values: unknown, space = NAMESPACE) =>
    await helmOn(
      cluster,
      helm,
      "install",
      name,
      helm.chart(chart),
      `--namespace=${space}`,
      `--values=${await helm.values(values)}`,
    );
  const upgrade = async (name: string, chart: string, values: unknown) =>
    await helmOn(
      cluster,
      helm,
      "upgrade",
      name,
      chart,
      `--namespace=${NAMESPACE}`,
      `--values=${await helm.values(values)}`,
    );
  let adapterPod: KubeObject | undefined;
  let adapter: KeptProcess | undefined;

  await step("the router's pod comes to be, restricted and without a token", async () => {
    const notes = await install("router", "headrace-server", serverValues);
    assertStringIncludes(notes, "port-forward service/router-headrace-server 8080:80");
    const [pod] = await podsOf(cluster, NAMESPACE, "router", 1);
    assert(pod !== undefined);
    const { volumes } = pod.spec as { volumes: { name: string }[] };
    assertEquals(volumes.map(({ name }) => name), ["access"]);
    await reportReady(cluster, pod);
    await waitFor("the Deployment to be available", async () => {
      const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/router-headrace-server`;
      const { status } = await admin.request<{ status: { availableReplicas?: number } }>(path);
      return status.availableReplicas === 1;
    });
    // The Service leads to the container's port by its name: 80 to 8080.
    await waitFor("the Service to lead to the pod", async () => {
      const path = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`;
      const { items } = await admin.list(path);
      return items.some((slice) =>
        (slice["ports"] as { port: number }[] | null)?.some(({ port }) => port === 8080) &&
        (slice["endpoints"] as unknown[]).length === 1
      );
    });

    const folder = `${keeper.folder}/access`;
    await mountSecret(admin, "router-headrace-server-access", folder);
    await startProgram(keeper, {
      name: "router",
      task: "server",
      args: containerOf(pod).args ?? [],
      env: environmentOf(pod, {
        FLOW_SERVER_LISTEN_ADDR: router,
        FLOW_SERVER_ACCESS_FILE: `${folder}/access.json`,
      }),
      mounted: { at: "/etc/headrace", from: folder },
      probe: `http://${router}/readyz`,
    });
  });

  await step("helm test of the router: ready, and a stranger is asked who he is", async () => {
    const hooks = await helmOn(cluster, helm, "get", "hooks", "router", `--namespace=${NAMESPACE}`);
    const [pod] = objectsIn(hooks);
    assert(pod !== undefined);
    const host = { "router-headrace-server:80": router };
    const { ok, output } = await runTestPod(keeper, pod, host);
    assert(ok, output);
    assertStringIncludes(output, "GET /v1/flows: 401");
    const wrong = await runTestPod(keeper, pod, {
      "router-headrace-server:80": `127.0.0.1:${freePort()}`,
    });
    assertFalse(wrong.ok, "a router that is not there passed");
  });

  await step("the dashboard and the alerts name only metrics that the router has", async () => {
    const headers = { authorization: `Bearer ${READER}` };
    const metrics = await (await fetch(`http://${router}/metrics`, { headers })).text();
    const { stdout } = await helm.template("headrace-server", {
      flowServer: {
        access: { insecure: true },
        prometheusRule: { enabled: true },
        dashboard: { enabled: true },
      },
    }, { apiVersions: ["monitoring.coreos.com/v1"] });
    const names = new Set(stdout.match(/\bheadrace_[a-z_]+(?=\{)/g));
    assert(names.size > 8);
    for (const name of names) assertStringIncludes(metrics, `\n${name}`);
  });

  await step("the adapter's pod comes to be on the node, by a DaemonSet", async () => {
    await install("adapter", "headrace-adapter", adapterValues);
    [adapterPod] = await podsOf(cluster, NAMESPACE, "adapter", 1);
    assert(adapterPod !== undefined);
    await reportReady(cluster, adapterPod);
    await waitFor("the DaemonSet to be ready", async () => {
      const path = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/adapter-headrace-adapter`;
      const { status } = await admin.request<{ status: { numberReady: number } }>(path);
      return status.numberReady === 1;
    });
  });

  await step("the adapter does its work with the pod's own tokens", async () => {
    assert(adapterPod !== undefined);
    await admin.create(release("bp-first"));
    const health = `127.0.0.1:${freePort()}`;
    const token = await podToken(admin, adapterPod);
    const kubeconfig = await plane.writeKubeconfig("adapter-pod", {
      server: plane.server,
      ca: plane.ca,
      token,
    });
    const tokenFile = `${keeper.folder}/router-token`;
    await Deno.writeTextFile(tokenFile, await podToken(admin, adapterPod, "headrace"));
    adapter = await startProgram(keeper, {
      name: "adapter",
      task: "adapter",
      args: containerOf(adapterPod).args ?? [],
      env: environmentOf(adapterPod, {
        FLOW_SERVER_URL: `http://${router}`,
        HEALTH_LISTEN_ADDR: health,
        FLOW_TOKEN_FILE: tokenFile,
        KUBECONFIG: kubeconfig,
      }),
      probe: `http://${health}/readyz`,
    });
    await admin.create(release("bp-second"));
    const headers = { authorization: `Bearer ${READER}` };
    await waitFor("both releases in the flow", async () => {
      const response = await fetch(`http://${router}/v1/flows/${FLOW}/snapshot`, { headers });
      const { nodes = [] } = await response.json() as { nodes?: { id: string }[] };
      return ["fsn1", "fsn1/bp-first", "fsn1/bp-second"].every((id) =>
        nodes.some((node) => node.id === id)
      );
    });
    const hooks = await helmOn(
      cluster,
      helm,
      "get",
      "hooks",
      "adapter",
      `--namespace=${NAMESPACE}`,
    );
    const [pod] = objectsIn(hooks);
    assert(pod !== undefined);
    const here = {
      "router-headrace-server.headrace.svc": router,
      "/var/run/secrets/headrace/token": tokenFile,
      "/var/run/secrets/headrace": keeper.folder,
    };
    const passed = await runTestPod(keeper, pod, here);
    assert(passed.ok, passed.output);
    assertStringIncludes(passed.output, `flow ${FLOW} has region fsn1`);
  });

  await step("the adapter's account may do that and nothing more", async () => {
    assert(adapterPod !== undefined);
    const token = await podToken(admin, adapterPod);
    using client = createKubeClient({ server: plane.server, ca: plane.ca, token });
    const resources = await resourcesOf(admin);
    assert(resources.length > 80);
    const lease = "adapter-headrace-adapter";
    const reads = [
      "list helmcharts.source.toolkit.fluxcd.io",
      "list helmreleases.helm.toolkit.fluxcd.io",
      "watch helmcharts.source.toolkit.fluxcd.io",
      "watch helmreleases.helm.toolkit.fluxcd.io",
    ];
    assertEquals(onKinds(await allowed(client, resources, "flux-system", [lease])), reads);
    assertEquals(
      onKinds(await allowed(client, resources, NAMESPACE, [lease, "another"])),
      [
        ...reads,
        "create leases.coordination.k8s.io",
        `get leases.coordination.k8s.io/${lease}`,
        `update leases.coordination.k8s.io/${lease}`,
      ].sort(),
    );

    // What the reviews say holds for requests.
    const helmReleases = "/apis/helm.toolkit.fluxcd.io/v2/namespaces/flux-system/helmreleases";
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "another" },
    };
    await client.list(helmReleases);
    await client.request(`${leases}?dryRun=All`, { method: "POST", body });
    const refused: [string, "GET" | "POST" | "PUT" | "PATCH" | "DELETE", string][] = [
      ["get a release", "GET", `${helmReleases}/bp-first`],
      ["delete a release", "DELETE", `${helmReleases}/bp-first`],
      ["change a release", "PATCH", `${helmReleases}/bp-first`],
      ["make a release", "POST", helmReleases],
      ["read Secrets", "GET", "/api/v1/secrets"],
      ["read Secrets of its namespace", "GET", `/api/v1/namespaces/${NAMESPACE}/secrets`],
      ["read pods", "GET", "/api/v1/pods"],
      ["list Leases", "GET", leases],
      ["read another Lease", "GET", `${leases}/another`],
      ["take another Lease", "PUT", `${leases}/another`],
      ["delete its Lease", "DELETE", `${leases}/${lease}`],
      ["make a Lease elsewhere", "POST", leases.replace(NAMESPACE, "other")],
    ];
    for (const [what, method, path] of refused) {
      const write = ["POST", "PUT", "PATCH"].includes(method);
      const error = await assertRejects(
        () =>
          client.request(path, {
            method,
            ...(write ? { body: { ...body, metadata: { name: "another" } } } : {}),
            ...(method === "PATCH" ? { contentType: "application/merge-patch+json" } : {}),
          }),
        KubeApiError,
        undefined,
        what,
      );
      assertEquals((error as KubeApiError).code, 403, what);
    }
  });

  await step("an upgrade changes what it should, and nothing else", async () => {
    const start = await inventory(cluster);
    await upgrade("router", helm.chart("headrace-server"), {
      flowServer: { access, networkPolicy: { enabled: true } },
    });
    // Helm's own record of releases is a Secret each.
    // The adapter that runs renews its Lease.
    const ours = (keys: string[]) =>
      keys.filter((key) => !/\/sh\.helm\.release\.|^coordination\.k8s\.io\//.test(key));
    assertEquals(ours(difference(start, await inventory(cluster))), [
      "networking.k8s.io/NetworkPolicy/headrace/router-headrace-server",
    ]);

    const withPolicy = await inventory(cluster);
    await upgrade("router", helm.chart("headrace-server"), {
      flowServer: { access: { ...access, keySets: { "fsn1.jwks.json": '{"keys":[]}' } } },
    });
    assertEquals(ours(difference(withPolicy, await inventory(cluster))), [
      "/Secret/headrace/router-headrace-server-access",
      "networking.k8s.io/NetworkPolicy/headrace/router-headrace-server",
    ]);
  });

  await step("a new chart version alone restarts no pod", async () => {
    const generation = async () =>
      (await admin.request<KubeObject>(
        `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/adapter-headrace-adapter`,
      )).metadata.generation;
    const was = await generation();
    const folder = `${helm.chart("headrace-adapter")}/..`;
    await helmOn(
      cluster,
      helm,
      "package",
      helm.chart("headrace-adapter"),
      "--version=0.9.0",
      "--app-version=0.9.0",
      `--destination=${folder}`,
    );
    await upgrade("adapter", `${folder}/headrace-adapter-0.9.0.tgz`, adapterValues);
    assertEquals(await generation(), was);
    const other = { flowEmitter: { ...adapterValues.flowEmitter, emitInterval: "1s" } };
    await upgrade("adapter", `${folder}/headrace-adapter-0.9.0.tgz`, other);
    assertEquals(await generation(), was! + 1);
  });

  await step(
    "two installs never meet, of one name in two namespaces or of two in one",
    async () => {
      await install("adapter", "headrace-adapter", adapterValues, "other");
      await install("second", "headrace-adapter", {
        flowEmitter: { ...adapterValues.flowEmitter, kind: "Deployment" },
      });
      await podsOf(cluster, NAMESPACE, "second", 2);
    },
  );

  await step("an uninstall leaves nothing", async () => {
    await adapter?.stop("SIGTERM");
    for (
      const [name, space] of [
        ["router", NAMESPACE],
        ["adapter", NAMESPACE],
        ["second", NAMESPACE],
        ["adapter", "other"],
      ]
    ) {
      await helmOn(cluster, helm, "uninstall", name!, `--namespace=${space}`);
    }
    for (const name of ["bp-first", "bp-second"]) await admin.remove(release(name));
    // Pods end when their kubelet says so; here is none.
    const pods = "/api/v1/namespaces";
    for (const space of [NAMESPACE, "other"]) {
      const { items } = await admin.list(`${pods}/${space}/pods`) as KubeList;
      for (const { metadata } of items) {
        await admin.request(`${pods}/${space}/pods/${metadata.name}?gracePeriodSeconds=0`, {
          method: "DELETE",
        }).catch((error) => {
          if (!(error instanceof KubeApiError) || error.code !== 404) throw error;
        });
      }
    }
    let left: string[] = [];
    await waitFor("nothing to be left", async () => {
      const after = await inventory(cluster);
      left = [...after.keys()].filter((key) => !before.has(key));
      return left.length === 0;
    }, { every: 250, describe: () => `left: ${left.join(" ")}` });
  });
});
