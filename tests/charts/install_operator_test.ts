import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import { engramPod } from "../../operator/webhook/testing/pods.ts";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper, type KeptProcess } from "../cluster/keeper.ts";
import { createKubeClient } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { mayScrape, namespace, serviceAccount } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { createAuthority } from "../cluster/x509.ts";
import { auditLogIn } from "../operator/audit.ts";
import { BOBRAPET_CRDS, find } from "../operator/bobrapet.ts";
import { Life, SORTS, storyOf } from "../operator_faults/lives.ts";
import { ISSUER } from "./cases.ts";
import { inventory, podsOf, restricted, startCluster } from "./cluster.ts";
import { createHelm, objectsIn } from "./helm.ts";
import { grantedTo, needed } from "./permissions.ts";
import { containerOf, environmentOf, runTestPod, startProgram } from "./programs.ts";

const NAMESPACE = "headrace";
const NAME = "streams-headrace-operator";
const ACCOUNT = { namespace: NAMESPACE, name: NAME };
const SCRAPER = { namespace: "other", name: "prometheus" };
/** Granted in the operator's own namespace, whatever it watches. */
const ITS_OWN = [
  "create leases.coordination.k8s.io",
  `get configmaps/${NAME}`,
  `get leases.coordination.k8s.io/${NAME}`,
  `update leases.coordination.k8s.io/${NAME}`,
];
const OF_TRANSPORTS = [
  "list transports.transport.bubustack.io",
  "watch transports.transport.bubustack.io",
];

function engram(name: string, annotations: Record<string, string>): KubeObject {
  return {
    apiVersion: "bubustack.io/v1alpha1",
    kind: "Engram",
    metadata: { name, namespace: "demo", annotations },
    spec: { templateRef: { name: "echo" } },
  };
}

Deno.test("the operator installs, lives with exactly what its chart grants, upgrades and goes", async (t) => {
  // Each step builds on the one before.
  const step = async (name: string, run: () => Promise<void>) => assert(await t.step(name, run));
  await using helm = await createHelm();
  await using keeper = await createKeeper("headrace-operator-installed-");
  const audit = await auditLogIn(keeper.folder);
  await using cluster = await startCluster(audit.apiServerArgs);
  const { plane, kubeconfig } = cluster;
  const { admin } = plane;
  await plane.serveCrds(...BOBRAPET_CRDS);
  await plane.apply(restricted(NAMESPACE), ...["demo", "other"].map(namespace));
  await waitFor("the namespaces' accounts and authorities", async () => {
    const { items } = await admin.list("/api/v1/configmaps");
    const { items: accounts } = await admin.list("/api/v1/serviceaccounts");
    return [NAMESPACE, "demo", "other"].every((name) =>
      [...items, ...accounts].filter(({ metadata }) => metadata.namespace === name).length === 2
    );
  });
  await plane.apply(
    serviceAccount(SCRAPER),
    ...mayScrape("prometheus", { serviceAccount: SCRAPER }),
  );
  const before = await inventory(cluster);
  const helmOn = async (...args: readonly string[]) => {
    const said = await helm.run(...args, `--namespace=${NAMESPACE}`, `--kubeconfig=${kubeconfig}`);
    assert(said.ok, said.stderr);
    return said.stdout;
  };
  const values = {
    global: ISSUER,
    operator: { connector: { image: "connector:1" }, metrics: { secure: true } },
    hub: { enabled: false },
  };
  const chart = helm.chart("headrace-operator");
  const authority = createAuthority("webhook");
  const pair = authority.issue({
    commonName: "webhook",
    usage: "server",
    addresses: ["127.0.0.1"],
  });
  await Deno.writeTextFile(`${keeper.folder}/tls.key`, pair.key);
  await Deno.writeTextFile(`${keeper.folder}/tls.crt`, pair.certificate);
  await Deno.writeTextFile(`${keeper.folder}/ca.crt`, authority.certificate);
  const webhook = `127.0.0.1:${freePort()}`;
  const metrics = `127.0.0.1:${freePort()}`;
  let operator: KeptProcess | undefined;

  /** Starts what a pod of the release would run, under the pod's account. */
  const start = async (count: number) => {
    const madeAt = ({ metadata }: KubeObject) => String(metadata.creationTimestamp);
    const pods = await podsOf(cluster, NAMESPACE, "streams", count);
    // Names hold a hash, so the order of a list says nothing: the newest is of the last upgrade.
    const pod = pods.toSorted((a, b) => madeAt(a).localeCompare(madeAt(b))).at(-1);
    assert(pod !== undefined);
    assertEquals((pod.spec as { serviceAccountName: string }).serviceAccountName, NAME);
    const token = await plane.tokenFor(ACCOUNT);
    const access = { server: plane.server, ca: plane.ca, token };
    const health = `127.0.0.1:${freePort()}`;
    operator = await startProgram(keeper, {
      name: `operator-${performance.now()}`,
      task: "operator",
      // A later flag wins: only addresses and the folder of the mount are this machine's.
      args: [
        ...containerOf(pod).args ?? [],
        `--health-probe-bind-address=${health}`,
        `--metrics-bind-address=${metrics}`,
        `--webhook-bind-address=${webhook}`,
        `--webhook-cert-path=${keeper.folder}`,
      ],
      env: environmentOf(pod, { KUBECONFIG: await plane.writeKubeconfig("operator-pod", access) }),
      probe: `http://${health}/readyz`,
    });
  };

  const ask = async (engramName: string) => {
    using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
    const object = engramPod({
      labels: { ...engramPod().metadata?.labels, [LABELS.engram]: engramName },
    });
    const response = await fetch(`https://${webhook}/mutate-transport-connector-pod`, {
      client,
      method: "POST",
      body: JSON.stringify({
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        request: {
          uid: "1",
          operation: "CREATE",
          namespace: "demo",
          kind: { kind: "Pod" },
          object,
        },
      }),
    });
    return (await response.json()).response as { allowed: boolean; status?: { message: string } };
  };

  /** All that an operator ever does for runs: one of every sort, to its end, and the webhook. */
  const liveThrough = async (name: string) => {
    const lives = SORTS.map((sort) => new Life(admin, sort, `${name}-${sort.name}`));
    for (const life of lives) for (const step of life.steps()) await step();
    for (const life of lives) await life.isReady();
    assertStringIncludes((await ask("none")).status?.message ?? "", "none");
    const missing = await ask("of-missing-binding");
    assertStringIncludes(missing.status?.message ?? "", "TransportBinding demo/none not found");
    for (const life of lives) {
      await life.delete();
      await life.isGone();
      await life.sweep();
    }
  };

  const stop = async () => {
    assert(operator !== undefined);
    await operator.stop("SIGTERM");
    const lines = (await operator.output()).split("\n").filter((line) => line.startsWith("{"));
    const worse = lines.map((line) => JSON.parse(line)).filter(({ level, msg }) =>
      level !== "INFO" && msg !== "pod not admitted"
    );
    // Among them would be a ConfigMap that may not be read, or has no image.
    assertEquals(worse, [], "nothing is refused or missing");
    assertStringIncludes(lines.join("\n"), "ConfigMap read");
  };

  const usedSince = async (count: number) => {
    const all = await audit.requestsOf(`system:serviceaccount:${NAMESPACE}:${NAME}`);
    const requests = all.slice(count);
    assertEquals(requests.filter(({ code }) => code === 403), [], "nothing is missing");
    return requests;
  };

  const granted = async (space: string) => {
    const token = await plane.tokenFor(ACCOUNT);
    using client = createKubeClient({ server: plane.server, ca: plane.ca, token });
    return await grantedTo(client, space);
  };

  await step("it is installed, and works with its arguments, environment and account", async () => {
    assertStringIncludes(
      await helmOn("install", "streams", chart, `--values=${await helm.values(values)}`),
      `deployment/${NAME}`,
    );
    await plane.apply(
      ...SORTS.map(storyOf),
      engram("of-missing-binding", { [ANNOTATIONS.binding]: "demo/none" }),
    );
    await start(2);
    // Somebody has deleted the Lease: the operator makes it anew.
    await admin.remove(LEASE);
    await waitFor(
      "the Lease to be there again",
      async () => await find(admin, LEASE) !== undefined,
    );
    await liveThrough("first");
  });

  await step("helm test of the webhook: trusted, and a pod of nobody's is left alone", async () => {
    const [pod] = objectsIn(await helmOn("get", "hooks", "streams"));
    assert(pod !== undefined);
    const here = {
      [`${NAME}-webhook.${NAMESPACE}.svc:443`]: webhook,
      "/var/run/secrets/headrace": keeper.folder,
    };
    const passed = await runTestPod(keeper, pod, here);
    assert(passed.ok, passed.output);
    assertStringIncludes(passed.output, "the webhook answers, and its certificate is trusted");
    const strange = createAuthority("strange").certificate;
    await Deno.writeTextFile(`${keeper.folder}/ca.crt`, strange);
    assert(!(await runTestPod(keeper, pod, here)).ok, "a certificate of another authority passed");
    await Deno.writeTextFile(`${keeper.folder}/ca.crt`, authority.certificate);
  });

  await step("the alerts name only metrics that the operator has", async () => {
    using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
    const headers = { authorization: `Bearer ${await plane.tokenFor(SCRAPER)}` };
    const scraped = await fetch(`https://${metrics}/metrics`, { client, headers });
    const text = await scraped.text();
    assertEquals(scraped.status, 200, text);
    const { stdout } = await helm.template("headrace-operator", {
      hub: { enabled: false },
      operator: {
        webhook: { existingSecret: "a", caBundle: "PEM" },
        serviceMonitor: { enabled: true },
        prometheusRule: { enabled: true },
      },
    }, { apiVersions: ["monitoring.coreos.com/v1"] });
    const names = new Set(stdout.match(/\b(headrace|bobravoz)_[a-z_]+(?=\{)/g));
    assert(names.size >= 5, [...names].join());
    for (const name of names) assertStringIncludes(text, `\n${name}`);
  });

  let count = 0;
  await step("nothing is missing of what it needs, and nothing is granted beyond", async () => {
    await stop();
    const requests = await usedSince(0);
    count = requests.length;
    const used = needed(requests, ["leases", "configmaps"]);
    assertEquals(await granted(NAMESPACE), used);
    assertEquals(await granted("demo"), used.filter((one) => !ITS_OWN.includes(one)));
  });

  await step(
    "an upgrade to one namespace changes the roles and the pods, and nothing else",
    async () => {
      const was = await inventory(cluster);
      const one = {
        ...values,
        operator: { ...values.operator, watchNamespace: "demo", metrics: { secure: false } },
      };
      await helmOn("upgrade", "streams", chart, `--values=${await helm.values(one)}`);
      const is = await inventory(cluster);
      const changed = [...new Set([...was.keys(), ...is.keys()])].filter((key) =>
        was.get(key) !== is.get(key) &&
        // What follows from a Deployment, and Helm's own record of its releases.
        !/\/(sh\.helm\.release\.)|^\/Pod\/|ReplicaSet|PodDisruptionBudget/.test(key)
      );
      assertEquals(changed.sort(), [
        `admissionregistration.k8s.io/MutatingWebhookConfiguration//${NAMESPACE}-${NAME}`,
        `apps/Deployment/${NAMESPACE}/${NAME}`,
        // Which the operator has made anew: it gets the labels of the chart again.
        `coordination.k8s.io/Lease/${NAMESPACE}/${NAME}`,
        `rbac.authorization.k8s.io/ClusterRole//${NAMESPACE}-${NAME}`,
        `rbac.authorization.k8s.io/Role/demo/${NAME}-transport`,
        `rbac.authorization.k8s.io/RoleBinding/demo/${NAME}-transport`,
      ]);
    },
  );

  await step(
    "in one namespace it may there what it did everywhere, and nothing elsewhere, nor review tokens",
    async () => {
      await start(3);
      await liveThrough("second");
      await stop();
      const used = needed(await usedSince(count), ["leases", "configmaps"]);
      assertEquals(await granted("demo"), used.filter((one) => !ITS_OWN.includes(one)));
      assertEquals(await granted(NAMESPACE), [...ITS_OWN, ...OF_TRANSPORTS].sort());
      assertEquals(await granted("other"), OF_TRANSPORTS);
    },
  );

  await step("an uninstall leaves nothing", async () => {
    await helmOn("uninstall", "streams");
    for (const sort of SORTS) await admin.remove(storyOf(sort));
    await admin.remove(engram("of-missing-binding", {}));
    let left: string[] = [];
    await waitFor("everything to be gone", async () => {
      // Pods end when their kubelet says so; here is none.
      for (const pod of (await admin.list(`/api/v1/namespaces/${NAMESPACE}/pods`)).items) {
        const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod.metadata.name}`;
        await admin.request(`${path}?gracePeriodSeconds=0`, { method: "DELETE" }).catch(() => {});
      }
      left = [...(await inventory(cluster)).keys()].filter((key) => !before.has(key));
      return left.length === 0;
    }, { describe: () => left.join() });
  });
});

const LEASE: KubeObject = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { namespace: NAMESPACE, name: NAME },
};
