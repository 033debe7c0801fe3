import { assert, assertEquals } from "@std/assert";
import { loadAll } from "js-yaml";
import { writeBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { composeName } from "../../contracts/transport/compose_name.ts";
import { ANNOTATIONS, LABELS, PROTOCOL_VERSION } from "../../contracts/transport/names.ts";
import { binding } from "../../operator/transport/testing/objects.ts";
import type { EnvVar, Pod } from "../../operator/webhook/pod.ts";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { KubeApiError } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { type Program, startProgram } from "../cluster/product.ts";
import { serviceAccount } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { createAuthority } from "../cluster/x509.ts";
import { EngramClient } from "../hub/testing/test_connector.ts";
import { becomes, bobrapetPlane, find, fresh, says } from "./bobrapet.ts";
import { startClusterNetwork } from "./cluster_network.ts";
import { hubRole, startHub } from "./hub_process.ts";
import { startOperator } from "./operator_process.ts";
import { podRole, RUNNER } from "./pod_role.ts";
import { webhookRegistration } from "./webhook_registration.ts";

const HUB = "bobravoz-grpc-hub.demo.svc.cluster.local:9000";
const PACKETS = 200;

/** The objects of the examples in the docs, so that these are known to work. */
async function examples(): Promise<KubeObject[]> {
  const page = await Deno.readTextFile(new URL("../../docs/streams.md", import.meta.url));
  const yaml = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
  return yaml.flatMap((text) => loadAll(text) as KubeObject[]);
}

Deno.test("the Stories of the docs stream: pods come with connectors, and those carry packets", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-streams-");
  await using network = await startClusterNetwork();
  const { admin } = plane;
  const authority = createAuthority("streams");
  const webhook = freePort();
  const pair = authority.issue({
    commonName: "webhook",
    usage: "server",
    addresses: ["127.0.0.1"],
  });
  await Deno.writeTextFile(`${keeper.folder}/tls.crt`, pair.certificate);
  await Deno.writeTextFile(`${keeper.folder}/tls.key`, pair.key);
  await Deno.writeTextFile(`${keeper.folder}/ca.crt`, authority.certificate);
  await startOperator(keeper, plane, {
    args: [
      `--webhook-bind-address=127.0.0.1:${webhook}`,
      `--webhook-cert-path=${keeper.folder}`,
      "--connector-image=connector:1",
    ],
    env: { ENABLE_WEBHOOKS: "true" },
  });
  const objects = await examples();
  const engrams = ["source", "sink"].map((name): KubeObject => ({
    apiVersion: "bubustack.io/v1alpha1",
    kind: "Engram",
    metadata: { name, namespace: "demo" },
    spec: { templateRef: { name: "echo" } },
  }));
  await plane.apply(
    ...hubRole(),
    ...podRole(),
    serviceAccount({ namespace: "demo", name: "default" }),
    webhookRegistration(webhook, authority.certificate),
    ...engrams,
    ...objects,
  );
  const hub = await startHub(keeper, plane, authority, { dnsNames: [HUB.replace(/:\d+$/, "")] });
  network.serve(HUB, hub.port);
  const kubeconfig = await plane.writeKubeconfig(RUNNER, plane.accessFor(RUNNER));

  /** As bobrapet makes the pod of a step, once its binding is resolved. */
  const createPod = async (run: string, step: string, engram: string, port: number) => {
    const made = await waitFor("the binding to be resolved", async () => {
      const found = await find(admin, fresh(binding(step, { run })));
      return found?.metadata.annotations?.[ANNOTATIONS.routingMode] !== undefined && found;
    });
    const files = `${keeper.folder}/${run}-${step}`;
    const name = composeName(run, step);
    const certificate = authority.issue({
      commonName: name,
      usage: "peer",
      dnsNames: [`${name}.demo.svc.cluster.local`],
    });
    await Deno.writeTextFile(`${files}.crt`, certificate.certificate);
    await Deno.writeTextFile(`${files}.key`, certificate.key);
    const identity = {
      [LABELS.story]: run.replace(/-\d+$/, ""),
      [LABELS.storyRun]: run,
      [LABELS.step]: step,
    };
    const envelope = writeBindingEnvelope({
      name: made.metadata.name,
      namespace: "demo",
      binding: {
        transportRef: "plain",
        driver: "bobravoz-grpc",
        endpoint: `127.0.0.1:${port}`,
        audioCodecs: [],
        videoCodecs: [],
        binaryTypes: ["application/json"],
        protocolVersion: PROTOCOL_VERSION,
        settings: undefined,
      },
    });
    const env = {
      BUBU_CONNECTOR_GENERATION: "1",
      BUBU_GRPC_PORT: String(port),
      BUBU_GRPC_CLIENT_CERT_FILE: `${files}.crt`,
      BUBU_GRPC_CLIENT_KEY_FILE: `${files}.key`,
      BUBU_GRPC_CA_FILE: `${keeper.folder}/ca.crt`,
      BUBU_TRANSPORT_HEARTBEAT_INTERVAL: "1s",
    };
    const pod: KubeObject = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        namespace: "demo",
        labels: { ...identity, [LABELS.engram]: engram },
        annotations: {
          ...identity,
          ...made.metadata.annotations,
          [ANNOTATIONS.binding]: envelope,
        },
      },
      spec: {
        containers: [{
          name: "engram",
          image: "engram:1",
          env: Object.entries(env).map(([name, value]) => ({ name, value })),
        }],
      },
    };
    // The API server takes a new webhook up a moment after it is registered.
    return await waitFor("a pod with a connector", async () => {
      try {
        const created = await admin.create(pod) as unknown as Pod;
        if ((created.spec?.containers ?? []).length === 2) return created;
        await admin.remove(pod);
        return false;
      } catch (error) {
        if (error instanceof KubeApiError) return false;
        throw error;
      }
    });
  };

  /** Starts a pod's connector as its kubelet would: with its command's program and its environment. */
  const startConnector = async (pod: Pod, peers: number): Promise<Program> => {
    const injected = pod.spec?.containers?.find(({ name }) => name === "transport-connector");
    assertEquals(injected?.command, ["/connector"]);
    const http = `127.0.0.1:${freePort()}`;
    return await startProgram(keeper, {
      name: `connector-${pod.metadata?.name}`,
      task: "connector",
      main: "hub/connector/main.ts",
      env: {
        ...kubeletEnvironment(injected?.env ?? []),
        // What a cluster gives and this machine does not: its names, the pod's address, its account.
        grpc_proxy: network.url,
        CONNECTOR_PEER_LISTEN_ADDR: `127.0.0.1:${peers}`,
        CONNECTOR_HTTP_LISTEN_ADDR: http,
        KUBECONFIG: kubeconfig,
      },
      probe: `http://${http}/healthz`,
    });
  };

  for (
    const [run, topology] of [["peers-1", "PeerToPeer"], ["mediated-1", "HubMediated"]] as const
  ) {
    await t.step(`${run}: ${PACKETS} packets, in order, and the run is ready`, async () => {
      const storyRun = objects.find(({ metadata }) => metadata.name === run);
      assert(storyRun !== undefined);
      const ports = { "step-a": freePort(), "step-b": freePort() };
      for (const step of ["step-a", "step-b"]) await admin.create(fresh(binding(step, { run })));
      await becomes(admin, storyRun, "Ready", /^False\/Reconciling: .*connectors/);
      const peers = freePort();
      network.serve(`${run}-step-b.demo.svc.cluster.local:50051`, peers);
      const consumer = await startConnector(
        await createPod(run, "step-b", "sink", ports["step-b"]),
        peers,
      );
      const producer = await startConnector(
        await createPod(run, "step-a", "source", ports["step-a"]),
        freePort(),
      );
      await becomes(admin, storyRun, "Ready", /^True\/TransportReady: Transport is ready$/);
      assert((await says(admin, storyRun, "TopologyResolved")).startsWith(`True/${topology}`));

      using sink = new EngramClient(ports["step-b"]);
      using source = new EngramClient(ports["step-a"]);
      for (let n = 0; n < PACKETS; n++) await source.send(n);
      await sink.until(() => sink.got.length >= PACKETS || sink.status !== undefined);
      assertEquals(sink.got, Array.from({ length: PACKETS }, (_, n) => n));
      const peer = `${run}-step-b.demo.svc.cluster.local:50051`;
      assertEquals(network.asked.includes(peer), topology === "PeerToPeer");

      await producer.stop("SIGTERM");
      await becomes(admin, storyRun, "Ready", /^False\/Reconciling: .*connectors of steps step-a$/);
      await consumer.stop("SIGTERM");
    });
  }
});

/** Variables as a kubelet sets them. */
function kubeletEnvironment(env: readonly EnvVar[]): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value, valueFrom }) => {
    if (valueFrom === undefined) return [name, value ?? ""];
    assertEquals(valueFrom, { fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } });
    return [name, "demo"];
  }));
}
