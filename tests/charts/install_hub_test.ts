import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binding, run, story } from "../../operator/transport/testing/objects.ts";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper, type KeptProcess } from "../cluster/keeper.ts";
import { createKubeClient } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { namespace } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { createAuthority } from "../cluster/x509.ts";
import { auditLogIn } from "../operator/audit.ts";
import { becomes, BOBRAPET_CRDS, find, fresh } from "../operator/bobrapet.ts";
import { ISSUER } from "./cases.ts";
import { podsOf, reportReady, restricted, startCluster } from "./cluster.ts";
import { createHelm } from "./helm.ts";
import { grantedTo, needed } from "./permissions.ts";
import { containerOf, environmentOf, startProgram } from "./programs.ts";

const NAMESPACE = "headrace";
const NAME = "streams-headrace-operator";
const HUB = `${NAME}-hub`;
const STEPS = [{ name: "step-a" }, { name: "step-b" }];
/** What the hub needs for packets that the test sends none of: children, jobs and their statuses. */
const OF_PACKETS = [
  "create stepruns.runs.bubustack.io",
  "create storyruns.runs.bubustack.io",
  "get stepruns.runs.bubustack.io",
  "patch stepruns/status.runs.bubustack.io",
  "patch storyruns/status.runs.bubustack.io",
];
/** What it is asked for by a connector that is faster than a watch. */
const OF_CONNECTORS = [
  "get engrams.bubustack.io",
  "get engramtemplates.catalog.bubustack.io",
  "get stories.bubustack.io",
  "get storyruns.runs.bubustack.io",
  "get transports.transport.bubustack.io",
];

Deno.test("the hubs of a release are found by their names, and runs are pinned to those that are ready", async (t) => {
  const step = async (name: string, run: () => Promise<void>) => assert(await t.step(name, run));
  await using helm = await createHelm();
  await using keeper = await createKeeper("headrace-hub-installed-");
  const audit = await auditLogIn(keeper.folder);
  await using cluster = await startCluster(audit.apiServerArgs);
  const { plane, kubeconfig } = cluster;
  const { admin } = plane;
  await plane.serveCrds(...BOBRAPET_CRDS);
  await plane.apply(restricted(NAMESPACE), namespace("demo"));
  const authority = createAuthority("streams");
  const pair = authority.issue({ commonName: "hub", usage: "peer", dnsNames: ["localhost"] });
  await Deno.writeTextFile(`${keeper.folder}/tls.key`, pair.key);
  await Deno.writeTextFile(`${keeper.folder}/tls.crt`, pair.certificate);
  await Deno.writeTextFile(`${keeper.folder}/ca.crt`, authority.certificate);
  const values = { global: ISSUER, operator: { webhook: { enabled: false }, replicas: 1 } };
  const installed = await helm.run(
    "install",
    "streams",
    helm.chart("headrace-operator"),
    `--namespace=${NAMESPACE}`,
    `--values=${await helm.values(values)}`,
    `--kubeconfig=${kubeconfig}`,
  );
  assert(installed.ok, installed.stderr);
  const pods = await podsOf(cluster, NAMESPACE, "streams", 3);
  const hubs = pods.filter(({ metadata }) => metadata.name.startsWith(HUB));
  assertEquals(hubs.map(({ metadata }) => metadata.name).sort(), [`${HUB}-0`, `${HUB}-1`]);
  const asPod = async (name: string) => {
    const token = await plane.tokenFor({ namespace: NAMESPACE, name });
    return { server: plane.server, ca: plane.ca, token };
  };
  const mounted = { at: "/var/run/secrets/headrace", from: keeper.folder };
  const programs: KeptProcess[] = [];
  const start = async (pod: KubeObject, task: "operator" | "hub", replaced: object) => {
    const account = (pod.spec as { serviceAccountName: string }).serviceAccountName;
    assertEquals(account, task === "hub" ? HUB : NAME);
    const health = `127.0.0.1:${freePort()}`;
    programs.push(
      await startProgram(keeper, {
        name: pod.metadata.name,
        task,
        args: task === "hub" ? [] : [
          ...containerOf(pod).args ?? [],
          `--health-probe-bind-address=${health}`,
          "--metrics-bind-address=0",
        ],
        env: environmentOf(pod, {
          KUBECONFIG: await plane.writeKubeconfig(pod.metadata.name, await asPod(account)),
          HUB_HTTP_LISTEN_ADDR: health,
          ...replaced,
        }),
        mounted,
        probe: `http://${health}/readyz`,
      }),
    );
  };
  const endpoint = (pod: string) => `${pod}.${HUB}-members.${NAMESPACE}.svc.cluster.local:9000`;
  const endpointOf = async (name: string) => {
    const found = await find(admin, fresh(binding("step-b", { run: name })));
    return (found?.status as { endpoint?: string } | undefined)?.endpoint;
  };
  const makeRun = async (name: string) => {
    await admin.create(fresh(run(name)));
    for (const { name: step } of STEPS) {
      await admin.create(fresh(binding(step, { run: name })));
    }
  };

  await step("hubs and operator start with what the chart gives them", async () => {
    for (const pod of hubs) {
      assertEquals(environmentOf(pod, {})["HUB_ENDPOINT"], endpoint(pod.metadata.name));
      await start(pod, "hub", {
        HUB_LISTEN_ADDR: `127.0.0.1:${freePort()}`,
        BUBU_HUB_TLS_CERT_FILE: `${keeper.folder}/tls.crt`,
        BUBU_HUB_TLS_KEY_FILE: `${keeper.folder}/tls.key`,
        BUBU_HUB_CA_FILE: `${keeper.folder}/ca.crt`,
      });
    }
    const operator = pods.find((pod) => !hubs.includes(pod));
    assert(operator !== undefined);
    await start(operator, "operator", {});
  });

  await step(
    "a run waits while no pod of the hub is ready, and goes to the one that is",
    async () => {
      await admin.create(fresh(story(STEPS)));
      await makeRun("run-1");
      await becomes(admin, fresh(run("run-1")), "TransportReady", /^False.*hub that is ready/);
      const [first] = hubs;
      assert(first !== undefined);
      await reportReady(cluster, first);
      await becomes(admin, fresh(run("run-1")), "TransportReady", /^True/);
      assertEquals(await endpointOf("run-1"), endpoint(first.metadata.name));
    },
  );

  await step("a pod that is deleted loses its runs to the other, at once", async () => {
    const [first, second] = hubs;
    assert(first !== undefined && second !== undefined);
    await reportReady(cluster, second);
    await waitFor("a run of each", async () => {
      const name = `run-${crypto.randomUUID().slice(0, 6)}`;
      await makeRun(name);
      return await waitFor("a place", () => endpointOf(name)) === endpoint(second.metadata.name);
    });
    // There is no kubelet: the pod stays, and its endpoint is terminating from now on.
    await admin.remove(first);
    await waitFor(
      "the run to move",
      async () => await endpointOf("run-1") === endpoint(second.metadata.name),
    );
  });

  await step(
    "nothing is missing of what the hub needs, and nothing is granted beyond",
    async () => {
      for (const program of programs) await program.stop("SIGTERM");
      for (const program of programs) {
        const lines = (await program.output()).split("\n").filter((line) => line.startsWith("{"));
        const worse = lines.filter((line) => JSON.parse(line).level !== "INFO");
        assertEquals(worse.filter((line) => !line.includes("connector image")), []);
      }
      const requests = await audit.requestsOf(`system:serviceaccount:${NAMESPACE}:${HUB}`);
      assertEquals(requests.filter(({ code }) => code === 403), []);
      using client = createKubeClient(await asPod(HUB));
      const expected = [...needed(requests, []), ...OF_PACKETS, ...OF_CONNECTORS];
      assertEquals(await grantedTo(client, "demo"), [...new Set(expected)].sort());
      const operator = await audit.requestsOf(`system:serviceaccount:${NAMESPACE}:${NAME}`);
      assertEquals(operator.filter(({ code }) => code === 403), []);
      assertStringIncludes(needed(operator, []).join(), "watch endpointslices.discovery.k8s.io");
    },
  );
});
