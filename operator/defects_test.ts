/**
 * What the original's control plane is known to do wrong, by the numbers in its list of weaknesses,
 * and that ours does not. Those of hub and connector stand with them.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { composeName } from "../contracts/transport/compose_name.ts";
import { ANNOTATIONS, FINALIZER } from "../contracts/transport/names.ts";
import { OperatorMetrics } from "./runtime/metrics.ts";
import { readSettings } from "./settings.ts";
import { binding, connectorReady, run, story } from "./transport/testing/objects.ts";
import { inTransportWorld } from "./transport/testing/world.ts";
import { TransportMetrics } from "./transport/transport_metrics.ts";
import { injectConnector } from "./webhook/inject_connector.ts";
import { engramPod } from "./webhook/testing/pods.ts";

const READY = "True/TransportReady: Transport is ready";

Deno.test("9: needs are the explicit ones, so steps without any do not follow each other", () =>
  inTransportWorld(async (world) => {
    world.put(story([{ name: "a" }, { name: "b" }, { name: "c", needs: ["a"] }]), run());
    world.put(...["a", "b", "c"].map((step) => binding(step)));
    await world.settle();
    const topology = world.says("StoryRun", "run-1", "TopologyResolved");
    assertMatch(topology, /a → c: p2p .*; b: hub \(no step needs it\)/);
  }));

Deno.test("14: a Story that says nothing leaves its Transport's routing as it is", () =>
  inTransportWorld(async (world) => {
    const transports = [{ name: "rt", transportRef: "livekit-default" }];
    const steps = [{ name: "a", transport: "rt" }, { name: "b", transport: "rt", needs: ["a"] }];
    world.put(story(steps, { spec: { transports } }), run(), binding("a"), binding("b"));
    world.put({
      apiVersion: "transport.bubustack.io/v1alpha1",
      kind: "Transport",
      metadata: { name: "livekit-default" },
      spec: { provider: "livekit", driver: "grpc", streaming: { routing: { mode: "hub" } } },
    });
    await world.settle();
    const routed = world.says("TransportBinding", "run-1-a-transport", "Routed");
    assertEquals(routed, "True/HubMediated: routing.mode is hub");
  }));

Deno.test("14, 27: a long name has one form, and a peer is dialled by it, in the cluster's domain", () => {
  const long = "r".repeat(60);
  const pod = engramPod({
    annotations: { "bubustack.io/storyrun": long },
    labels: { ...engramPod().metadata?.labels, "bubustack.io/storyrun": long },
    routing: { mode: "p2p", downstream: "step-b" },
  });
  const name = { name: "b", namespace: "demo" };
  const envelope = { ...name, binding: { driver: "grpc", protocolVersion: "1.0.0" } };
  const [container] = injectConnector(
    pod,
    { namespace: "demo", binding: JSON.stringify(envelope), upstreamHost: undefined },
    {
      image: "connector:1",
      imagePullPolicy: "Always",
      hubEndpoint: () => "hub:9000",
      peerHost: (stepRun, namespace) => `${stepRun}.${namespace}.svc.my.domain:50051`,
    },
  );
  const host = `${composeName(long, "step-b")}.demo.svc.my.domain:50051`;
  assert(JSON.stringify(container).includes(host), JSON.stringify(container));
  assert(composeName(long, "step-b").length <= 63);
});

for (const [why, befall] of [["became batch", "batch"], ["names another transport", "nats"]]) {
  Deno.test(`15: a run whose Story ${why} can be deleted`, () =>
    inTransportWorld(async (world) => {
      world.put(story(), run());
      await world.settle();
      assertEquals(world.get("StoryRun", "run-1")?.metadata.finalizers, [FINALIZER]);
      world.put(
        befall === "batch"
          ? story(undefined, { pattern: "batch" })
          : story(undefined, { annotations: { [ANNOTATIONS.transport]: "nats" } }),
      );
      await world.delete("StoryRun", "run-1");
      await world.settle();
      assertEquals(world.get("StoryRun", "run-1"), undefined);
    }));
}

Deno.test("15: Ready does not flap with each look, nor is it claimed before the connectors", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run(), binding("step-a"), binding("step-b"));
    await world.settle();
    assertMatch(world.says("StoryRun", "run-1", "Ready"), /^False\/Reconciling: .*connectors/);
    for (const step of ["step-a", "step-b"]) {
      world.change("TransportBinding", `run-1-${step}-transport`, {
        status: { conditions: [connectorReady()] },
      });
    }
    await world.settle();
    const since = world.condition("StoryRun", "run-1", "Ready")?.lastTransitionTime;
    for (let i = 0; i < 5; i++) {
      world.change("StoryRun", "run-1", { metadata: { labels: { look: String(i) } } });
      await world.settle(30_000);
      assertEquals(world.says("StoryRun", "run-1", "Ready"), READY);
    }
    assertEquals(world.condition("StoryRun", "run-1", "Ready")?.lastTransitionTime, since);
  }));

Deno.test("4.3: a binding is found by the step's id, also where that is not its name", () =>
  inTransportWorld(async (world) => {
    world.put(story([{ name: "voice", id: "v1" }]), run(), binding("v1"));
    await world.settle();
    assertEquals(world.says("StoryRun", "run-1", "TransportReady"), READY);
  }));

Deno.test("25: what is waited for is watched: an hour of waiting asks the API server for nothing", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run());
    await world.settle(60_000);
    const asked = () => world.server.requests.filter(({ kind }) => kind === "other").length;
    const before = asked();
    await world.settle(3_600_000);
    assertEquals([asked(), world.takeWrites().length > 2], [before, false]);
    world.put(binding("step-a"), binding("step-b"));
    await world.settle(200);
    assertEquals(world.says("StoryRun", "run-1", "TransportReady"), READY);
  }));

Deno.test("26: no metric has a label that holds the name of a run or a step", async () => {
  const metrics = new OperatorMetrics();
  const { registry } = metrics;
  metrics.reconciled("StoryRun", "success", 0.1);
  const transport = new TransportMetrics(registry);
  transport.bindingsWaited("pending", 1);
  transport.engramTold("demo", false);
  const labels = (await registry.getMetricsAsJSON()).flatMap(({ values }) =>
    values.flatMap(({ labels }) => Object.keys(labels))
  );
  // Namespaces are few, and none is made for a run.
  const allowed = new Set(["kind", "result", "le", "transport", "phase", "ready", "namespace"]);
  assert(labels.length > 5);
  assertEquals(labels.filter((label) => !allowed.has(label)), []);
});

Deno.test("32: no connector's image is guessed from the operator's", () => {
  const { connector } = readSettings({ flags: new Map(), env: () => undefined, configMap: {} });
  assertEquals(connector.image, "");
});
