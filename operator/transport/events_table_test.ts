/** Every Event that the transport controller tells: when, and in which words. */
import { assertEquals } from "@std/assert";
import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import { binding, run, story } from "./testing/objects.ts";
import { inTransportWorld, type TransportWorld } from "./testing/world.ts";

interface Row {
  readonly reason: string;
  readonly when: string;
  readonly make: (world: TransportWorld) => void | Promise<void>;
  /** `Type Reason: note` of the events with this reason. */
  readonly told: readonly string[];
}

const bindings = [binding("step-a"), binding("step-b")];
const ENGRAM = {
  apiVersion: "bubustack.io/v1alpha1",
  kind: "Engram",
  metadata: { name: "run-1-step-a", namespace: "demo" },
  spec: {},
};
const REFUSED = "PATCH /apis/bubustack.io/v1alpha1/namespaces/demo/engrams/run-1-step-a: " +
  "403: refused by a test";

const ROWS: readonly Row[] = [
  {
    reason: "ParentStoryMissing",
    when: "a run's Story is still not there after five seconds",
    make: (world) => world.put(run()),
    told: [
      "Warning ParentStoryMissing: Parent Story demo/voice missing; skipping transport " +
      "reconciliation for demo/run-1",
    ],
  },
  {
    reason: "InvalidTransportAnnotation",
    when: "the Story names a transport that there is not",
    make: (world) =>
      world.put(story(undefined, { annotations: { [ANNOTATIONS.transport]: "nats" } }), run()),
    told: [
      'Warning InvalidTransportAnnotation: unsupported transport "nats" from annotation ' +
      "bobravoz.bubustack.io/transport of Story demo/voice: grpc is what there is",
    ],
  },
  {
    reason: "TransportReady",
    when: "all bindings were there at once",
    make: (world) => world.put(story(), ...bindings, run()),
    told: ["Normal TransportReady: Transport grpc ready for StoryRun demo/run-1"],
  },
  {
    reason: "TransportReady",
    when: "bindings were waited for",
    make: async (world) => {
      world.put(story(), run());
      await world.settle(12_000);
      world.put(...bindings);
    },
    told: [
      "Normal TransportReady: Transport grpc ready for StoryRun demo/run-1 after waiting 12.1s " +
      "for bindings",
    ],
  },
  {
    reason: "TransportReconcileFailed",
    when: "a write is refused for good",
    make: (world) => {
      world.api.refuse(/transportbindings\/status demo\/run-1-step-a/, 422, "Invalid");
      world.put(story(), ...bindings, run());
    },
    told: [
      "Warning TransportReconcileFailed: PATCH /apis/transport.bubustack.io/v1alpha1/namespaces/" +
      "demo/transportbindings/run-1-step-a-transport/status: 422: refused by a test",
    ],
  },
  {
    reason: "EngramTransportAnnotationFailed",
    when: "the run's own Engram cannot mirror the transport, once a minute",
    make: (world) => {
      world.api.refuse(/ engrams demo/, 403, "Forbidden");
      world.put(ENGRAM, story(), ...bindings, run());
    },
    told: [`Warning EngramTransportAnnotationFailed: ${REFUSED}`],
  },
  {
    reason: "TransportCleanupComplete",
    when: "a run is deleted",
    make: async (world) => {
      world.put(ENGRAM, story(), ...bindings, run());
      await world.settle();
      await world.delete("StoryRun", "run-1");
    },
    told: [
      "Normal TransportCleanupComplete: grpc transport cleanup completed (annotationsReset=1)",
    ],
  },
  {
    reason: "TransportCleanupFailed",
    when: "an Engram cannot be reset",
    make: async (world) => {
      world.put(ENGRAM, story(), ...bindings, run());
      await world.settle();
      world.api.refuse(/ engrams demo/, 403, "Forbidden");
      await world.delete("StoryRun", "run-1");
    },
    told: [`Warning TransportCleanupFailed: grpc transport cleanup failed: ${REFUSED}`],
  },
];

for (const { reason, when, make, told } of ROWS) {
  Deno.test(`${reason}: ${when}`, () =>
    inTransportWorld(async (world) => {
      await make(world);
      await world.settle(30_000);
      assertEquals(world.events.filter((event) => event.includes(` ${reason}: `)), told);
    }));
}

Deno.test("nothing is told when nothing changes, whatever is seen again", () =>
  inTransportWorld(async (world) => {
    world.put(story(), ...bindings, run());
    await world.settle();
    const told = world.events.length;
    world.server.cutWatches();
    await world.settle(3_600_000);
    assertEquals(world.events.length, told);
  }));
