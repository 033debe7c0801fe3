import { assertEquals, assertMatch } from "@std/assert";
import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import { binding, run, type Step, story } from "./testing/objects.ts";
import { inTransportWorld } from "./testing/world.ts";

const other = (transport: string) =>
  story(undefined, { annotations: { [ANNOTATIONS.transport]: transport } });

Deno.test("a transport that there is not is said once, and not tried again and again", () =>
  inTransportWorld(async (world) => {
    world.put(other("nats"), run());
    await world.settle(600_000);
    const message = 'unsupported transport "nats" from annotation ' +
      "bobravoz.bubustack.io/transport of Story demo/voice: grpc is what there is";
    for (const type of ["TransportReady", "Ready"]) {
      assertEquals(world.says("StoryRun", "run-1", type), `False/InvalidConfiguration: ${message}`);
    }
    assertEquals(world.events, [`Warning InvalidTransportAnnotation: ${message}`]);
    assertEquals(world.takeWrites(), ["PATCH storyruns/status demo/run-1"]);
    assertEquals(world.get("StoryRun", "run-1")?.metadata.finalizers ?? [], []);
  }));

Deno.test("the annotation may be absent, blank or grpc with spaces around it", () =>
  inTransportWorld(async (world) => {
    for (const value of [undefined, "", "  ", " grpc "]) {
      world.put(value === undefined ? story() : other(value), run());
      await world.settle();
      assertMatch(world.says("StoryRun", "run-1", "TransportReady"), /^False\/Reconciling: /);
    }
  }));

Deno.test("a Story that is repaired is taken up at once", () =>
  inTransportWorld(async (world) => {
    world.put(other("kafka"), binding("step-a"), binding("step-b"), run());
    await world.settle(600_000);
    world.put(story());
    await world.settle(200);
    assertMatch(world.says("StoryRun", "run-1", "TransportReady"), /^True\/TransportReady/);
  }));

Deno.test("settings that make no sense are shown on the run, with the field", () =>
  inTransportWorld(async (world) => {
    const rawSettings = { backpressure: { buffer: { maxMessages: -1 } } };
    world.put(story(), binding("step-a", { rawSettings }), binding("step-b"), run());
    await world.settle();
    assertMatch(
      world.says("StoryRun", "run-1", "TransportReady"),
      /^False\/InvalidConfiguration: Story demo\/voice: .*backpressure\.buffer\.maxMessages/,
    );
    assertMatch(world.events[0] ?? "", /^Warning TransportReconcileFailed: /);
    world.put(story([{ name: "a", transport: "undeclared" } as Step]), run("run-2"));
    await world.settle();
    assertMatch(
      world.says("StoryRun", "run-2", "TransportReady"),
      /step "a" uses transport "undeclared", which spec\.transports does not declare/,
    );
  }));

Deno.test("a run without a Story is told so once, left alone, and taken up when the Story comes", () =>
  inTransportWorld(async (world) => {
    world.put(run());
    await world.settle(600_000);
    assertEquals(world.events, [
      "Warning ParentStoryMissing: Parent Story demo/voice missing; skipping transport " +
      "reconciliation for demo/run-1",
    ]);
    assertEquals(world.takeWrites(), []);
    world.put(story());
    await world.settle(200);
    assertMatch(world.says("StoryRun", "run-1", "TransportReady"), /^False\/Reconciling/);
  }));

Deno.test("a new run's Story may be on its way: nobody is alarmed", () =>
  inTransportWorld(async (world) => {
    world.put(run("run-1", { creationTimestamp: "2026-01-01T00:00:00Z" }));
    await world.settle(3_000);
    world.put(story());
    await world.settle(10_000);
    assertEquals(world.events, []);
    assertMatch(world.says("StoryRun", "run-1", "TransportReady"), /waiting for the TransportBind/);
  }));

Deno.test("runs that are batch, or over, are not touched", () =>
  inTransportWorld(async (world) => {
    world.put(story(undefined, { pattern: "batch" }), run());
    await world.settle(600_000);
    world.server.store.remove(RUNS, "run-1", "demo");
    await world.settle();
    world.put(story(), { ...run("run-2"), status: { phase: "Succeeded" } });
    await world.settle(600_000);
    assertEquals([world.takeWrites(), world.events], [[], []]);
  }));

const RUNS = { group: "runs.bubustack.io", version: "v1alpha1", resource: "storyruns" };

Deno.test("a binding that may not be written is a failure of the run, told once, until it works", () =>
  inTransportWorld(async (world) => {
    world.api.refuse(/transportbindings\/status/, 403, "Forbidden");
    world.put(story(), binding("step-a"), binding("step-b"), run());
    await world.settle(600_000);
    assertMatch(
      world.says("StoryRun", "run-1", "TransportReady"),
      /^False\/TransportFailed: PATCH .*transportbindings.*403/,
    );
    assertEquals(world.events.filter((event) => /TransportReconcileFailed/.test(event)).length, 1);
    world.api.allow();
    await world.settle(300_000);
    assertMatch(world.says("StoryRun", "run-1", "TransportReady"), /^True\/TransportReady/);
    assertMatch(world.events.at(-1) ?? "", /^Normal TransportReady: .*after waiting/);
  }));

Deno.test("an API server that is busy says nothing about a run: no condition flaps", () =>
  inTransportWorld(async (world) => {
    world.put(story(), run());
    await world.settle();
    const before = world.condition("StoryRun", "run-1", "TransportReady");
    world.api.refuse(/transportbindings/, 503, "ServiceUnavailable");
    world.put(binding("step-a"), binding("step-b"));
    await world.settle(60_000);
    assertEquals(world.condition("StoryRun", "run-1", "TransportReady"), before);
    assertEquals(world.events, []);
    world.api.allow();
    await world.settle(300_000);
    assertMatch(world.says("StoryRun", "run-1", "TransportReady"), /^True/);
  }));
