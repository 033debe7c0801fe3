import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { rendezvous } from "../../operator/transport/hub_placement.ts";
import { binding, run, story } from "../../operator/transport/testing/objects.ts";
import { freePort } from "../cluster/free_port.ts";
import { startCuttingProxy } from "../cluster/cutting_proxy.ts";
import { createKeeper } from "../cluster/keeper.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { namespace, serviceAccount } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { createAuthority } from "../cluster/x509.ts";
import { StepClient } from "../hub/testing/test_hub.ts";
import { becomes, bobrapetPlane, find, fresh } from "./bobrapet.ts";
import { type Sidecar, startSidecar } from "./engram_pods.ts";
import { endpointOf, HUB_NAMES, HubNetwork, MEMBERS, NAMESPACE, SERVICE } from "./hub_network.ts";
import { type HubProcess, hubRole, startHub } from "./hub_process.ts";
import { OPERATOR_USER, startOperator } from "./operator_process.ts";
import { webhookRegistration } from "./webhook_registration.ts";

const STREAMING: StreamingSettings = {
  delivery: { semantics: "at_least_once" },
  flowControl: { mode: "credits", ackEvery: { messages: 5, maxDelay: "20ms" } },
};
const STEPS = ["step-a", "step-b"];
const STORY = story(STEPS.map((name) => ({ name, transport: "rt" })), {
  spec: { transports: [{ name: "rt", transportRef: "livekit-default", streaming: STREAMING }] },
});
/** What the operator may do beside its cluster role: see which hubs are ready. */
const SEE_HUBS: readonly KubeObject[] = [
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: OPERATOR_USER, namespace: NAMESPACE },
    rules: [{
      apiGroups: ["discovery.k8s.io"],
      resources: ["endpointslices"],
      verbs: ["list", "watch"],
    }],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: OPERATOR_USER, namespace: NAMESPACE },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: OPERATOR_USER },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: OPERATOR_USER }],
  },
];

/** A name whose run goes to this hub when these are there. */
function nameFor(hub: string, hubs: readonly string[]): string {
  for (let n = 0;; n++) {
    const name = `to-${hub}-${n}`;
    if (rendezvous(`demo/${name}`, hubs.map(endpointOf)) === endpointOf(hub)) return name;
  }
}

Deno.test("runs are pinned to one of several hubs, and lose nothing when it goes", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-placement-");
  const { admin } = plane;
  await plane.apply(
    namespace(NAMESPACE),
    ...hubRole(),
    ...SEE_HUBS,
    serviceAccount({ namespace: "demo", name: "default" }),
    ...STEPS.map((name) => ({
      apiVersion: "bubustack.io/v1alpha1",
      kind: "Engram",
      metadata: { name, namespace: "demo" },
      spec: { templateRef: { name: "echo" } },
    })),
  );
  const authority = createAuthority("streams");
  await using network = new HubNetwork(admin);
  const env = { ...network.proxy };
  const hubs = new Map<string, HubProcess>();
  const addHub = async (name: string, server?: string) => {
    const hub = await startHub(keeper, plane, authority, {
      name,
      server,
      dnsNames: HUB_NAMES,
      env: { ...env, HUB_ENDPOINT: endpointOf(name) },
    });
    hubs.set(name, hub);
    network.add(name, hub);
  };
  const hubOf = (name: string) => {
    const hub = hubs.get(name);
    assert(hub !== undefined, name);
    return hub;
  };
  await Promise.all([addHub("hub-0"), addHub("hub-1")]);
  const webhook = freePort();
  const serving = createAuthority("webhook");
  const pair = serving.issue({ commonName: "w", usage: "server", addresses: ["127.0.0.1"] });
  await Deno.writeTextFile(`${keeper.folder}/tls.crt`, pair.certificate);
  await Deno.writeTextFile(`${keeper.folder}/tls.key`, pair.key);
  await startOperator(keeper, plane, {
    args: [
      `--webhook-bind-address=127.0.0.1:${webhook}`,
      `--webhook-cert-path=${keeper.folder}`,
      "--connector-image=connector:1",
      `--hub-members-service=${MEMBERS}`,
    ],
    env: {
      ENABLE_WEBHOOKS: "true",
      BUBU_HUB_SERVICE_NAME: SERVICE,
      BUBU_HUB_SERVICE_NAMESPACE: NAMESPACE,
    },
  });
  await plane.apply(webhookRegistration(webhook, serving.certificate));
  await admin.create(fresh(STORY));

  const owner = async (name: string) => {
    const bindings = await Promise.all(
      STEPS.map((step) => find(admin, fresh(binding(step, { run: name })))),
    );
    const ends = bindings.map((one) => (one?.status as { endpoint?: string })?.endpoint);
    return ends[0] === ends[1] ? ends[0]?.split(".")[0] : undefined;
  };
  const isPinned = (name: string, hub: string) =>
    waitFor(`${name} to be pinned to ${hub}`, async () => await owner(name) === hub);
  const startRun = async (name: string, hub: string) => {
    await admin.create(fresh(run(name)));
    for (const step of STEPS) await admin.create(fresh(binding(step, { run: name })));
    await becomes(admin, fresh(run(name)), "TransportReady", /^True/);
    await isPinned(name, hub);
  };
  /** A new run that went to this hub; others may have to be made before one does. */
  const runOn = (hub: string) =>
    waitFor(`${hub} to get a run`, async () => {
      const name = `run-${crypto.randomUUID().slice(0, 6)}`;
      await admin.create(fresh(run(name)));
      for (const step of STEPS) await admin.create(fresh(binding(step, { run: name })));
      return await waitFor("a place", () => owner(name)) === hub && name;
    });
  const sidecars = (name: string) =>
    Promise.all(
      STEPS.map((step) =>
        startSidecar(name, step, { plane, keeper, authority, settings: STREAMING, env })
      ),
    ) as Promise<[Sidecar, Sidecar]>;
  /** A client that knows nothing of hubs beside the one that it dials. */
  const foreign = (name: string, step: string, hub: string) =>
    new StepClient(
      { running: hubOf(hub), authority },
      step,
      authority.issue({
        commonName: "engram",
        usage: "client",
        dnsNames: ["*.demo.svc.cluster.local"],
      }),
      { "storyrun-name": name },
    );

  const first = nameFor("hub-0", ["hub-0", "hub-1"]);
  const second = nameFor("hub-1", ["hub-0", "hub-1"]);
  await startRun(first, "hub-0");
  await startRun(second, "hub-1");

  await t.step(
    "a connector finds the hub of its run, in the environment that it was given",
    async (t) => {
      const [a, b] = await sidecars(first);
      using _ = a;
      using __ = b;
      let sent = 0;
      const send = async (count: number) => {
        for (const end = sent + count; sent < end; sent++) await a.engram.send(sent);
      };
      const arrived = (count: number) => b.engram.until(() => new Set(b.engram.got).size >= count);
      await send(200);
      await arrived(200);

      await t.step(
        "kill -9 of that hub: the run moves, nothing is lost, the order holds",
        async () => {
          const sending = send(400);
          await arrived(300);
          await hubOf("hub-0").stop("SIGKILL");
          await sending;
          await isPinned(first, "hub-1");
          await arrived(600);
          assertEquals([...new Set(b.engram.got)], numbers(600));
        },
      );

      await t.step(
        "when it is back, nothing moves; the other one ends, and the run moves again",
        async () => {
          await hubOf("hub-0").start();
          await send(100);
          await arrived(700);
          assertEquals(await owner(first), "hub-1");
          const before = b.engram.got.length;
          const sending = (async () => {
            for (let round = 0; round < 30; round++) {
              await send(20);
              await new Promise((resolve) => setTimeout(resolve, 20));
            }
          })();
          await arrived(800);
          await hubOf("hub-1").stop("SIGTERM");
          await sending;
          await isPinned(first, "hub-0");
          await arrived(1_300);
          assertEquals([...new Set(b.engram.got)], numbers(1_300));
          // Handed over in order, a run repeats at most what was on its way to the engram.
          const repeated = b.engram.got.length - before - 600;
          assert(repeated < 20, `${repeated} packets came twice`);
          const lines = (await hubOf("hub-1").logs()).map((line) => JSON.stringify(line));
          assertStringIncludes(lines.join("\n"), "run handed over");
          const phases = a.engram.control.flatMap(({ metadata }) => metadata?.phase ?? []);
          assertEquals(phases.slice(-3), ["draining", "cutover", "ready"]);
        },
      );
    },
  );

  await t.step("a client that knows one address is passed on to the hub of its run", async () => {
    await hubOf("hub-1").start();
    const name = nameFor("hub-0", ["hub-0", "hub-1"]) + "-x";
    await admin.create(fresh(run(name)));
    for (const step of STEPS) await admin.create(fresh(binding(step, { run: name })));
    const there = await waitFor("the run to be placed", () => owner(name));
    const other = there === "hub-0" ? "hub-1" : "hub-0";
    using consumer = foreign(name, "step-b", other);
    using producer = foreign(name, "step-a", there);
    using third = foreign(name, "step-a", other);
    producer.send({ n: 1 });
    assertEquals(await consumer.received(1), [{ n: 1 }]);
    // Both are streams of one hub: the later one takes over.
    assertEquals((await producer.status).code, 10);
    third.send({ n: 2 });
    assertEquals(await consumer.received(2), [{ n: 1 }, { n: 2 }]);
    using _ = foreign(name, "step-a", there);
    assertEquals((await third.status).code, 10, "and its end comes through, too");
  });

  await t.step("a third hub gets new runs; when it goes, they go on elsewhere", async () => {
    await addHub("hub-2");
    const third = await runOn("hub-2");
    assertEquals(await owner(first), "hub-0", "and those that are there stay");
    using consumer = foreign(third, "step-b", "hub-2");
    using producer = foreign(third, "step-a", "hub-2");
    producer.send({ n: 1 });
    await consumer.received(1);
    await hubOf("hub-2").stop("SIGTERM");
    assertEquals((await consumer.status).code, 14);
    const next = await waitFor("the run to move", async () => {
      const now = await owner(third);
      return now !== "hub-2" && now;
    });
    using again = foreign(third, "step-b", "hub-0");
    using sender = foreign(third, "step-a", "hub-1");
    sender.send({ n: 2 });
    assertEquals((await again.received(1)).at(-1), { n: 2 });
    assert(next === "hub-0" || next === "hub-1");
  });

  await t.step(
    "a hub that is cut off from the API server lets go of a run that another has taken",
    async () => {
      await using proxy = await startCuttingProxy(Number(new URL(plane.server).port));
      await addHub("hub-3", `https://127.0.0.1:${proxy.port}`);
      const name = await runOn("hub-3");
      using producer = foreign(name, "step-a", "hub-3");
      using consumer = foreign(name, "step-b", "hub-3");
      producer.send({ n: 1 });
      await consumer.received(1);
      proxy.silence();
      network.giveUp("hub-3");
      const next = await waitFor("the run to move", async () => {
        const now = await owner(name);
        return now !== undefined && now !== "hub-3" && now;
      });
      // It knows nothing of that, and its streams are none the worse for it.
      producer.send({ n: 2 });
      assertEquals(await consumer.received(2), [{ n: 1 }, { n: 2 }]);
      using taken = foreign(name, "step-b", next);
      for (const stream of [producer, consumer]) {
        const { code, details } = await stream.status;
        assertEquals([code, details], [
          14,
          `StoryRun demo/${name} is carried by ${endpointOf(next)}`,
        ]);
      }
      // Also whoever comes to it now is passed on.
      using again = foreign(name, "step-a", "hub-3");
      again.send({ n: 3 });
      await waitFor("the packet", () => taken.payloads.some(({ n }) => n === 3));
    },
  );
});

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
