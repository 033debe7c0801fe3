import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ANNOTATIONS, FINALIZER } from "../../contracts/transport/names.ts";
import { binding, CHAIN, connectorReady, run, story, UNLINKED } from "./testing/objects.ts";
import { inTransportWorld } from "./testing/world.ts";

const READY = "True/TransportReady: Transport is ready";

Deno.test("a run is resolved when all its bindings are, and ready when all connectors have reported", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run());
    await world.settle();
    const waits =
      "False/Reconciling: Reconciling transport: waiting for the TransportBindings of " +
      "steps step-a, step-b";
    assertEquals(world.says("StoryRun", "run-1", "TransportReady"), waits);
    assertEquals(world.says("StoryRun", "run-1", "Ready"), waits);
    assertEquals(world.get("StoryRun", "run-1")?.metadata.finalizers, [FINALIZER]);
    assertEquals(world.events, []);

    world.put(binding("step-a"), binding("step-b"));
    await world.settle(200);
    assertEquals(world.says("StoryRun", "run-1", "TransportReady"), READY);
    assertEquals(
      world.says("StoryRun", "run-1", "Ready"),
      "False/Reconciling: Reconciling transport: waiting for the connectors of steps step-a, step-b",
    );
    assertEquals(world.events, [
      "Normal TransportReady: Transport grpc ready for StoryRun demo/run-1 after waiting 1.1s " +
      "for bindings",
    ]);

    for (const step of ["step-a", "step-b"]) {
      world.change("TransportBinding", `run-1-${step}-transport`, {
        status: { conditions: [connectorReady()] },
      });
    }
    await world.settle();
    assertEquals(world.says("StoryRun", "run-1", "Ready"), READY);
    assertEquals(world.events.length, 1, "being ready is told once");
  }));

Deno.test("a run whose connector is lost is not ready until it is back, and stays resolved", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run(), binding("step-a"), binding("step-b"));
    await world.settle();
    const report = (status: "True" | "False") => {
      for (const step of ["step-a", "step-b"]) {
        world.change("TransportBinding", `run-1-${step}-transport`, {
          status: { conditions: [connectorReady(step === "step-b" ? status : "True")] },
        });
      }
    };
    report("True");
    await world.settle();
    report("False");
    await world.settle();
    assertStringIncludes(
      world.says("StoryRun", "run-1", "Ready"),
      "the connectors of steps step-b",
    );
    assertEquals(world.says("StoryRun", "run-1", "TransportReady"), READY);
    report("True");
    await world.settle();
    assertEquals(world.says("StoryRun", "run-1", "Ready"), READY);
  }));

Deno.test("a plain chain goes from peer to peer, and status and annotations say why", () =>
  inTransportWorld(async (world) => {
    world.put(story(CHAIN), run(), binding("step-a"), binding("step-b"));
    await world.settle();
    const a = world.get("TransportBinding", "run-1-step-a-transport");
    assertEquals(a?.metadata.annotations, {
      [ANNOTATIONS.routingMode]: "p2p",
      [ANNOTATIONS.downstreamSteps]: "step-b",
    });
    const { conditions: _, ...status } = a?.["status"] as Record<string, unknown>;
    assertEquals(status, {
      endpoint: "hub.demo:9000",
      observedGeneration: 1,
      upstreamHost: "run-1-step-b.demo:50051",
    });
    const b = world.get("TransportBinding", "run-1-step-b-transport");
    assertEquals(b?.metadata.annotations, { [ANNOTATIONS.routingMode]: "hub" });
    assertEquals(
      (b?.["status"] as Record<string, unknown>)["downstreamHost"],
      "run-1-step-b.demo:50051",
    );
    assertEquals(
      world.says("TransportBinding", "run-1-step-a-transport", "Routed"),
      "True/PeerToPeer: one plain step follows, so the connectors talk to each other",
    );
    assertEquals(
      world.says("StoryRun", "run-1", "TopologyResolved"),
      "True/PeerToPeer: step-a → step-b: p2p (one plain step follows, so the connectors talk to " +
        "each other); step-b: hub (no step needs it)",
    );
  }));

Deno.test("steps that do not need each other go through the hub, and status says why", () =>
  inTransportWorld(async (world) => {
    world.put(story(UNLINKED), run(), binding("step-a"), binding("step-b"));
    await world.settle();
    for (const step of ["step-a", "step-b"]) {
      const name = `run-1-${step}-transport`;
      assertEquals(world.get("TransportBinding", name)?.metadata.annotations, {
        [ANNOTATIONS.routingMode]: "hub",
      });
      assertEquals(
        world.says("TransportBinding", name, "Routed"),
        "True/HubMediated: no step needs it",
      );
    }
    assertMatch(world.says("StoryRun", "run-1", "TopologyResolved"), /^True\/HubMediated: /);
  }));

Deno.test("what bobrapet wrote on a binding holds, also where the graph says otherwise", () =>
  inTransportWorld(async (world) => {
    const routing = { mode: "hub", downstream: "step-b" };
    world.put(story(CHAIN), run(), binding("step-a", { routing }), binding("step-b"));
    await world.settle();
    const a = world.get("TransportBinding", "run-1-step-a-transport");
    assertEquals(a?.metadata.annotations?.[ANNOTATIONS.routingMode], "hub");
    assertEquals((a?.["status"] as Record<string, unknown>)["upstreamHost"], undefined);
    assertMatch(
      world.says("TransportBinding", "run-1-step-a-transport", "Routed"),
      /^True\/HubMediated: so the binding was made; by the graph it would be p2p: /,
    );
  }));

Deno.test("routing.mode forces the hub, from the binding or from Story and Transport", () =>
  inTransportWorld(async (world) => {
    const rawSettings = { routing: { mode: "hub" } };
    world.put(story(CHAIN), run(), binding("step-a", { rawSettings }), binding("step-b"));
    await world.settle();
    const says = () => world.says("TransportBinding", "run-1-step-a-transport", "Routed");
    assertEquals(says(), "True/HubMediated: routing.mode is hub");
    world.put(
      {
        apiVersion: "transport.bubustack.io/v1alpha1",
        kind: "Transport",
        metadata: { name: "livekit-default" },
        spec: { provider: "livekit", driver: "d", streaming: { routing: { mode: "hub" } } },
      },
      story(CHAIN.map((step) => ({ ...step, transport: "rt" })), {
        spec: { transports: [{ name: "rt", transportRef: "livekit-default" }] },
      }),
      run("run-2"),
      binding("step-a", { run: "run-2" }),
      binding("step-b", { run: "run-2" }),
    );
    await world.settle();
    assertEquals(
      world.says("TransportBinding", "run-2-step-a-transport", "Routed"),
      "True/HubMediated: routing.mode is hub",
    );
  }));

Deno.test("a run takes a small constant number of writes, and none when nothing has changed", () =>
  inTransportWorld(async (world) => {
    world.put(story(), binding("step-a"), binding("step-b"));
    await world.settle();
    world.put(run());
    await world.settle();
    assertEquals(world.takeWrites(), [
      "PATCH storyruns demo/run-1",
      "PATCH transportbindings/status demo/run-1-step-a-transport",
      "PATCH transportbindings demo/run-1-step-a-transport",
      "PATCH transportbindings/status demo/run-1-step-b-transport",
      "PATCH transportbindings demo/run-1-step-b-transport",
      "PATCH storyruns/status demo/run-1",
    ]);
    // Everything is told anew, an hour passes, the Story is touched.
    world.server.cutWatches();
    await world.settle(3_600_000);
    world.change("Story", "voice", { metadata: { labels: { touched: "yes" } } });
    world.change("StoryRun", "run-1", { metadata: { labels: { touched: "yes" } } });
    await world.settle(60_000);
    assertEquals(world.takeWrites(), []);
    assertEquals(world.events.length, 1);
  }));

Deno.test("a connector's heartbeats are its own: nothing is written over them", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run(), binding("step-a"), binding("step-b"));
    await world.settle();
    const name = "run-1-step-a-transport";
    assertEquals(
      world.says("TransportBinding", name, "Ready"),
      "True/TransportReady: Transport binding resolved",
      "bobrapet makes the pod when it reads this",
    );
    const beat = { ...connectorReady(), message: "connector heartbeat (source=connector)" };
    const theirs = (world.get("TransportBinding", name)?.["status"] as { conditions: object[] })
      .conditions.filter((condition) => !("type" in condition) || condition.type !== "Ready");
    world.change("TransportBinding", name, { status: { conditions: [...theirs, beat] } });
    await world.settle();
    world.takeWrites();
    for (let i = 0; i < 5; i++) {
      world.change("TransportBinding", name, {
        status: {
          conditions: [...theirs, { ...beat, lastTransitionTime: `2026-01-01T00:00:0${i}Z` }],
        },
      });
      await world.settle(30_000);
    }
    assertEquals(world.takeWrites(), []);
    assertMatch(world.says("TransportBinding", name, "Ready"), /heartbeat/);
  }));

Deno.test("a Ready of another controller stays as it is; TransportReady is always ours", () =>
  inTransportWorld(async (world) => {
    const theirs = { type: "Ready", status: "False", reason: "StepsRunning", message: "2 of 3" };
    world.put(story(), { ...run(), status: { phase: "Running", conditions: [theirs] } });
    world.put(binding("step-a"), binding("step-b"));
    await world.settle();
    assertEquals(world.says("StoryRun", "run-1", "Ready"), "False/StepsRunning: 2 of 3");
    assertEquals(world.says("StoryRun", "run-1", "TransportReady"), READY);
    assertEquals(
      (world.get("StoryRun", "run-1")?.["status"] as { phase: string }).phase,
      "Running",
    );
  }));

Deno.test("a binding that comes late is found at once, and the wait is told", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run(), binding("step-a"));
    await world.settle(60_000);
    const gone = world.condition("StoryRun", "run-1", "TransportReady");
    world.put(binding("step-b"));
    await world.settle(200);
    assertEquals(world.says("StoryRun", "run-1", "TransportReady"), READY);
    assert(gone?.status === "False");
    assertMatch(world.events[0] ?? "", /after waiting 60\.0s for bindings/);
  }));

Deno.test("a batch engram in a realtime Story has no stream, so no binding is waited for", () =>
  inTransportWorld(async (world) => {
    world.put(
      {
        apiVersion: "bubustack.io/v1alpha1",
        kind: "Engram",
        metadata: { name: "step-b", namespace: "demo" },
        spec: { mode: "job" },
      },
      story(),
      run(),
      binding("step-a"),
    );
    await world.settle();
    assertEquals(world.says("StoryRun", "run-1", "TransportReady"), READY);
  }));

Deno.test("a step's first handoff is pending until its connector comes; the hub's phases are the hub's", () =>
  inTransportWorld(async (world) => {
    const rawSettings = { lifecycle: { strategy: "blue_green" } };
    const stepRun = {
      apiVersion: "runs.bubustack.io/v1alpha1",
      kind: "StepRun",
      metadata: { name: "run-1-step-a", namespace: "demo" },
      spec: { storyRunRef: { name: "run-1" }, stepId: "step-a" },
    };
    world.put(story(), run(), binding("step-a", { rawSettings }), binding("step-b"), stepRun);
    await world.settle();
    const handoff = () => {
      const status = world.get("StepRun", "run-1-step-a")?.["status"] as {
        handoff?: { phase: string; strategy: string };
      };
      return `${status.handoff?.strategy} ${status.handoff?.phase}`;
    };
    assertEquals(handoff(), "blue_green pending");
    const first = world.get("StepRun", "run-1-step-a")?.["status"] as { retries?: number };
    assertEquals(first.retries, 0, "no status without it");
    const up = { status: { conditions: [connectorReady()] } };
    world.change("TransportBinding", "run-1-step-a-transport", up);
    await world.settle();
    assertEquals(handoff(), "blue_green ready");
    world.change("StepRun", "run-1-step-a", {
      status: { handoff: { strategy: "blue_green", phase: "draining" } },
    });
    await world.settle(60_000);
    assertEquals(handoff(), "blue_green draining");
  }));

Deno.test("runs that come all at once take a constant number of requests each, and no reads", () =>
  inTransportWorld(async (world) => {
    const count = 200;
    world.put(story());
    for (let i = 0; i < count; i++) {
      const name = `run-${i}`;
      world.put(binding("step-a", { run: name }), binding("step-b", { run: name }), run(name));
    }
    const reads = world.server.requests.length;
    // So much at once takes more turns than one settling grants.
    for (let i = 0; i < 500 && world.events.length < count; i++) await world.settle(10);
    await world.settle(60_000);
    for (let i = 0; i < count; i++) {
      assertEquals(world.says("StoryRun", `run-${i}`, "TransportReady"), READY);
    }
    // A finalizer, two bindings with status and annotations, a status, perhaps one in between.
    const writes = world.takeWrites().length / count;
    assert(writes >= 6 && writes <= 7, `${writes} writes a run`);
    assertEquals(world.events.length, count);
    const others = world.server.requests.slice(reads).filter(({ method, kind }) =>
      method === "GET" && kind === "other"
    );
    assertEquals(others, []);
  }));
