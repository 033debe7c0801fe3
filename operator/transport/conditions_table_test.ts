/**
 * Every condition and reason that the transport controller gives to StoryRuns and TransportBindings:
 * what has to be so, and what is said then. One row a line of the specification's tables.
 */
import { assertEquals } from "@std/assert";
import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import { REASONS } from "./run_conditions.ts";
import { binding, CHAIN, connectorReady, run, story, UNLINKED } from "./testing/objects.ts";
import { inTransportWorld, type TransportWorld } from "./testing/world.ts";

interface Row {
  /** What has to be so. */
  readonly when: string;
  readonly make: (world: TransportWorld) => void | Promise<void>;
  readonly of?: "StoryRun" | "TransportBinding";
  readonly name?: string;
  /** `status/reason: message` of each condition. */
  readonly says: Readonly<Record<string, string>>;
}

const both = (words: string) => ({ TransportReady: words, Ready: words });
const MIXED = [...CHAIN, { name: "step-c", needs: ["step-b"], if: "{{ true }}" }];
const BINDING = "run-1-step-a-transport";

function report(world: TransportWorld, ...steps: readonly string[]): void {
  for (const step of steps) {
    world.change("TransportBinding", `run-1-${step}-transport`, {
      status: { conditions: [connectorReady()] },
    });
  }
}

function resolved(world: TransportWorld, steps = CHAIN): void {
  world.put(story(steps), run(), ...steps.map(({ name }) => binding(name)));
}

/** Deletes a run that somebody else still holds, so that it can be read afterwards. */
async function deleted(world: TransportWorld): Promise<void> {
  world.put(story(), run("run-1", { finalizers: ["bobrapet/guard"] }));
  await world.settle();
  await world.delete("StoryRun", "run-1");
}

const ROWS: readonly Row[] = [
  {
    when: "no step has its binding yet",
    make: (world) => world.put(story(), run()),
    says: both(
      "False/Reconciling: Reconciling transport: waiting for the TransportBindings of steps step-a, step-b",
    ),
  },
  {
    when: "one binding is missing",
    make: (world) => world.put(story(), run(), binding("step-a")),
    says: both(
      "False/Reconciling: Reconciling transport: waiting for the TransportBindings of steps step-b",
    ),
  },
  {
    when: "all bindings are there, and no connector",
    make: (world) => resolved(world),
    says: {
      TransportReady: "True/TransportReady: Transport is ready",
      Ready:
        "False/Reconciling: Reconciling transport: waiting for the connectors of steps step-a, step-b",
    },
  },
  {
    when: "all connectors have reported",
    make: async (world) => {
      resolved(world);
      await world.settle();
      report(world, "step-a", "step-b");
    },
    says: both("True/TransportReady: Transport is ready"),
  },
  {
    when: "a claimed run's Story is gone",
    make: async (world) => {
      world.put(story(), run());
      await world.settle();
      world.server.store.remove(STORIES, "voice", "demo");
      await world.settle(10_000);
    },
    says: both("False/Reconciling: Reconciling transport: waiting for Story demo/voice"),
  },
  {
    when: "the Story names a transport that there is not",
    make: (world) =>
      world.put(story(CHAIN, { annotations: { [ANNOTATIONS.transport]: "nats" } }), run()),
    says: both(
      'False/InvalidConfiguration: unsupported transport "nats" from annotation ' +
        "bobravoz.bubustack.io/transport of Story demo/voice: grpc is what there is",
    ),
  },
  {
    when: "a write is refused for good",
    make: (world) => {
      world.api.refuse(/transportbindings\/status/, 403, "Forbidden");
      resolved(world);
    },
    says: both(
      "False/TransportFailed: PATCH /apis/transport.bubustack.io/v1alpha1/namespaces/demo/" +
        `transportbindings/${BINDING}/status: 403: refused by a test`,
    ),
  },
  {
    when: "the run is deleted, and its Engrams cannot be reset",
    make: async (world) => {
      world.put({
        apiVersion: "bubustack.io/v1alpha1",
        kind: "Engram",
        metadata: { name: "run-1-step-a", namespace: "demo" },
        spec: {},
      });
      resolved(world);
      await world.settle();
      world.api.refuse(/ engrams demo/, 403, "Forbidden");
      await world.delete("StoryRun", "run-1");
    },
    says: both("False/CleaningUp: Cleaning up grpc transport"),
  },
  {
    when: "the run is deleted and cleaned up, and held by somebody else",
    make: deleted,
    says: both("False/TransportCleaned: grpc transport cleanup completed"),
  },
  {
    when: "the Story is not realtime any longer",
    make: async (world) => {
      world.put(story(), run());
      await world.settle();
      world.put(story(CHAIN, { pattern: "batch" }));
    },
    says: both("False/TransportCleaned: Story demo/voice is not realtime any longer"),
  },
  ...["TopologyTerminated", "DependencyFailed", "ExecutionFailed"].map((reason): Row => ({
    when: `another controller has said ${reason}`,
    make: (world) => {
      const theirs = { type: "Ready", status: "False" as const, reason, message: "theirs" };
      const lastTransitionTime = "2026-01-01T00:00:00Z";
      resolved(world);
      world.put({ ...run(), status: { conditions: [{ ...theirs, lastTransitionTime }] } });
    },
    says: {
      TransportReady: "True/TransportReady: Transport is ready",
      Ready: `False/${reason}: theirs`,
    },
  })),
  {
    when: "a chain of plain steps",
    make: (world) => resolved(world),
    says: {
      TopologyResolved: "True/PeerToPeer: step-a → step-b: p2p (one plain step follows, so the " +
        "connectors talk to each other); step-b: hub (no step needs it)",
    },
  },
  {
    when: "steps that do not need each other",
    make: (world) => resolved(world, UNLINKED),
    says: {
      TopologyResolved:
        "True/HubMediated: step-a: hub (no step needs it); step-b: hub (no step needs it)",
    },
  },
  {
    when: "a chain whose end has a condition",
    make: (world) => resolved(world, MIXED),
    says: {
      TopologyResolved: "True/Mixed: step-a → step-b: p2p (one plain step follows, so the " +
        "connectors talk to each other); step-b → step-c: hub (the next step's condition is " +
        "evaluated for each packet); step-c: hub (its condition is evaluated for each packet)",
    },
  },
  {
    of: "TransportBinding",
    name: BINDING,
    when: "a binding of a step that talks to its peer is resolved",
    make: (world) => resolved(world),
    says: {
      Ready: "True/TransportReady: Transport binding resolved",
      Routed: "True/PeerToPeer: one plain step follows, so the connectors talk to each other",
    },
  },
  {
    of: "TransportBinding",
    name: BINDING,
    when: "a binding of a step that goes through the hub is resolved",
    make: (world) => resolved(world, UNLINKED),
    says: {
      Ready: "True/TransportReady: Transport binding resolved",
      Routed: "True/HubMediated: no step needs it",
    },
  },
  {
    of: "TransportBinding",
    name: BINDING,
    when: "the connector has spoken: its word stays",
    make: async (world) => {
      resolved(world);
      await world.settle();
      report(world, "step-a");
    },
    says: { Ready: "True/TransportReady: Connector reported negotiated codecs" },
  },
];

const STORIES = { group: "bubustack.io", version: "v1alpha1", resource: "stories" };

for (const { when, make, of = "StoryRun", name = "run-1", says } of ROWS) {
  Deno.test(`${of}: ${when}`, () =>
    inTransportWorld(async (world) => {
      await make(world);
      await world.settle();
      const said = Object.keys(says).map((type) => [type, world.says(of, name, type)]);
      assertEquals(Object.fromEntries(said), says);
    }));
}

Deno.test("every reason has its row", () => {
  const words = ROWS.flatMap(({ says }) => Object.values(says));
  const given = new Set(words.map((one) => /\/(\w+):/.exec(one)?.[1] ?? ""));
  assertEquals(Object.values(REASONS).filter((reason) => !given.has(reason)), []);
});
