import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binding, CHAIN, run, story } from "../../operator/transport/testing/objects.ts";
import { crdsServed } from "../cluster/crds.ts";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { namespace, serviceAccount } from "../cluster/rbac.ts";
import { createAuthority } from "../cluster/x509.ts";
import { becomes, fresh } from "../operator/bobrapet.ts";
import { BOBRAPET_CRDS } from "../operator/bobrapet_crds.ts";
import { ISSUER } from "./cases.ts";
import { podsOf, restricted, startCluster } from "./cluster.ts";
import { createHelm } from "./helm.ts";
import { containerOf, environmentOf, startProgram } from "./programs.ts";

const NAMESPACE = "headrace";

Deno.test("the operator installs and works with what its chart grants, arguments and account", async () => {
  await using helm = await createHelm();
  await using cluster = await startCluster();
  await using keeper = await createKeeper("headrace-operator-installed-");
  const { plane, kubeconfig } = cluster;
  const { admin } = plane;
  await plane.apply(
    ...BOBRAPET_CRDS,
    restricted(NAMESPACE),
    namespace("demo"),
    serviceAccount({ namespace: NAMESPACE, name: "default" }),
  );
  await crdsServed(admin, BOBRAPET_CRDS.map(({ metadata }) => metadata.name));
  const values = { global: ISSUER, operator: { connector: { image: "connector:1" } } };
  const installed = await helm.run(
    "install",
    "streams",
    helm.chart("headrace-operator"),
    `--namespace=${NAMESPACE}`,
    `--values=${await helm.values(values)}`,
    `--kubeconfig=${kubeconfig}`,
  );
  assert(installed.ok, installed.stderr);
  assertStringIncludes(installed.stdout, "deployment/streams-headrace-operator");
  const [pod] = await podsOf(cluster, NAMESPACE, "streams", 2);
  assert(pod !== undefined);

  const pair = createAuthority("webhook").issue({ commonName: "webhook", usage: "server" });
  await Deno.writeTextFile(`${keeper.folder}/tls.key`, pair.key);
  await Deno.writeTextFile(`${keeper.folder}/tls.crt`, pair.certificate);
  const { serviceAccountName } = pod.spec as { serviceAccountName: string };
  const token = await plane.tokenFor({ namespace: NAMESPACE, name: serviceAccountName });
  const access = { server: plane.server, ca: plane.ca, token };
  const health = `127.0.0.1:${freePort()}`;
  const operator = await startProgram(keeper, {
    name: "operator",
    task: "operator",
    // A later flag wins: only addresses and the folder of the mount are this machine's.
    args: [
      ...containerOf(pod).args ?? [],
      `--health-probe-bind-address=${health}`,
      `--metrics-bind-address=0`,
      `--webhook-bind-address=127.0.0.1:${freePort()}`,
      `--webhook-cert-path=${keeper.folder}`,
    ],
    env: environmentOf(pod, { KUBECONFIG: await plane.writeKubeconfig("operator-pod", access) }),
    probe: `http://${health}/readyz`,
  });
  for (const object of [story(CHAIN), run(), ...CHAIN.map(({ name }) => binding(name))]) {
    await admin.create(fresh(object));
  }
  await becomes(admin, fresh(run()), "TransportReady", /^True/);
  const lines = (await operator.output()).split("\n").filter((line) => line.startsWith("{"));
  const worse = lines.filter((line) => JSON.parse(line).level !== "INFO");
  // Among them would be a ConfigMap that may not be read, or has no image.
  assertEquals(worse, [], "nothing is refused or missing");
  assertStringIncludes(lines.join("\n"), "ConfigMap read");
});
