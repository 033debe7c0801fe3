import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import { binding, CHAIN, run, story } from "../../operator/transport/testing/objects.ts";
import type { Pod } from "../../operator/webhook/pod.ts";
import { engramPod } from "../../operator/webhook/testing/pods.ts";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { KubeApiError } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { serviceAccount } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { type Authority, createAuthority } from "../cluster/x509.ts";
import { becomes, bobrapetPlane, fresh } from "./bobrapet.ts";
import { startOperator } from "./operator_process.ts";
import { webhookRegistration } from "./webhook_registration.ts";

function pod(name: string, made: Pod): KubeObject {
  const { metadata, spec } = made;
  return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name }, spec };
}

Deno.test("pods of engrams come out of a real API server with their connector", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-webhook-");
  const { admin } = plane;
  const folder = `${keeper.folder}/serving-certs`;
  await Deno.mkdir(folder);
  const write = async (authority: Authority) => {
    const pair = authority.issue({
      commonName: "webhook",
      usage: "server",
      addresses: ["127.0.0.1"],
    });
    await Deno.writeTextFile(`${folder}/tls.key`, pair.key);
    await Deno.writeTextFile(`${folder}/tls.crt`, pair.certificate);
  };
  const first = createAuthority("first");
  await write(first);
  const port = freePort();
  const operator = await startOperator(keeper, plane, {
    args: [
      `--webhook-bind-address=127.0.0.1:${port}`,
      `--webhook-cert-path=${folder}`,
      "--connector-image=ghcr.io/bubustack/bobravoz-grpc-connector:1",
    ],
    env: { ENABLE_WEBHOOKS: "true" },
  });
  const engram: KubeObject = {
    apiVersion: "bubustack.io/v1alpha1",
    kind: "Engram",
    metadata: { name: "engram-a", namespace: "demo" },
    spec: { templateRef: { name: "echo" } },
  };
  await plane.apply(
    serviceAccount({ namespace: "demo", name: "default" }),
    engram,
    fresh(story(CHAIN)),
    fresh(run()),
    fresh(binding("step-a")),
    fresh(binding("step-b")),
    webhookRegistration(port, first.certificate),
  );
  await becomes(admin, fresh(run()), "TransportReady", /^True/);
  const reference = { [ANNOTATIONS.binding]: "demo/run-1-step-a-transport" };
  await admin.patch(engram, { metadata: { annotations: reference } });
  const routing = { mode: "p2p", downstream: "step-b" };
  let count = 0;
  const create = async (made: Pod) => {
    const created = await admin.create(pod(`pod-${count++}`, made));
    return (created as unknown as Required<Pod>).spec.containers?.map(({ name }) => name);
  };

  await t.step("an engram's pod gets a connector that dials its peer", async () => {
    // The API server takes a new webhook up a moment after it is registered.
    const made = await waitFor("a pod with a connector", async () => {
      const created = await admin.create(pod(`probe-${count++}`, engramPod({ routing })));
      const containers = (created as unknown as Pod).spec?.containers ?? [];
      return containers.length === 2 && created;
    });
    const [, connector] = (made as unknown as Pod).spec?.containers ?? [];
    const env = Object.fromEntries((connector?.env ?? []).map(({ name, value }) => [name, value]));
    assertEquals(connector?.name, "transport-connector");
    assertEquals(connector?.command, ["/connector"]);
    assertEquals(env["BUBU_HUB_ENDPOINT"], "run-1-step-b.demo.svc.cluster.local:50051");
    assertEquals(JSON.parse(env["BUBU_TRANSPORT_BINDING"] ?? "").name, "run-1-step-a-transport");
    assertEquals(made.metadata.annotations?.[ANNOTATIONS.connectorInjected], "true");
    assertEquals(made.metadata.labels?.[LABELS.connector], "true");
  });

  await t.step(
    "a pod of somebody else is left alone, and so is one that has a connector",
    async () => {
      assertEquals(await create(engramPod({ labels: { app: "web" } })), ["engram"]);
      const annotations = { [ANNOTATIONS.connectorInjected]: "true" };
      assertEquals(await create(engramPod({ annotations })), ["engram"]);
    },
  );

  await t.step("a pod whose binding is not there is refused, with the reason", async () => {
    const none = { [ANNOTATIONS.binding]: "demo/none" };
    await admin.patch(engram, { metadata: { annotations: none } });
    await waitFor("the annotation to be known", async () => {
      const error = await assertRejects(() => create(engramPod()), KubeApiError);
      return error.message.includes("TransportBinding demo/none not found");
    });
    await admin.patch(engram, { metadata: { annotations: reference } });
  });

  await t.step("a rotated certificate is used without a restart", async () => {
    const second = createAuthority("second");
    await write(second);
    await plane.apply(webhookRegistration(port, second.certificate));
    await waitFor("a pod with a connector", async () => {
      try {
        return (await create(engramPod()))?.length === 2;
      } catch (error) {
        if (!(error instanceof KubeApiError)) throw error;
        assertStringIncludes(error.message, "failed calling webhook");
        return false;
      }
    }, { every: 250 });
    const lines = (await operator.logs()).map(({ msg }) => msg);
    assertEquals(lines.filter((line) => line === "webhook certificate reloaded").length, 1);
  });
});
