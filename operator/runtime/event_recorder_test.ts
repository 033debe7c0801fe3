import { assert, assertEquals, assertMatch } from "@std/assert";
import { ObjectWriter } from "../../kube/object_writer.ts";
import { EventRecorder, type EventSpec } from "./event_recorder.ts";

const REGARDING = {
  apiVersion: "runs.bubustack.io/v1alpha1",
  kind: "StoryRun",
  metadata: { name: "voice-1", namespace: "demo", uid: "u1", resourceVersion: "7" },
};
function world(status = 201, { signal } = new AbortController()) {
  const created: Record<string, unknown>[] = [];
  const said: string[] = [];
  let now = Date.UTC(2026, 10, 21);
  const recorder = new EventRecorder({
    writer: new ObjectWriter({
      fieldManager: "tests",
      client: {
        fetch: (path, { body = "" } = {}) => {
          created.push({ path, ...JSON.parse(body) });
          return Promise.resolve(Response.json({ metadata: { name: "e" } }, { status }));
        },
      },
    }),
    reportingController: "example.com/tests",
    reportingInstance: "pod-1",
    log: (level, message) => said.push(`${level} ${message}`),
    now: () => now,
  });
  const record = (change: Partial<EventSpec> = {}) =>
    recorder.record({
      type: "Normal",
      reason: "TransportReady",
      action: "Reconcile",
      message: "ready",
      regarding: REGARDING,
      ...change,
    }, signal);
  return { created, said, record, elapse: (ms: number) => now += ms };
}

Deno.test("an event stands beside its object and says who, what and when", async () => {
  const { created, record } = world();
  await record();
  const { path, metadata, ...event } = created[0] ?? {};
  assertEquals(path, "/apis/events.k8s.io/v1/namespaces/demo/events?fieldManager=tests");
  assertMatch((metadata as { name: string }).name, /^voice-1\.[0-9a-f]{16}$/);
  assertEquals(event, {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    type: "Normal",
    reason: "TransportReady",
    action: "Reconcile",
    note: "ready",
    eventTime: "2026-11-21T00:00:00.000000Z",
    reportingController: "example.com/tests",
    reportingInstance: "pod-1",
    regarding: {
      apiVersion: REGARDING.apiVersion,
      kind: "StoryRun",
      name: "voice-1",
      namespace: "demo",
      uid: "u1",
      resourceVersion: "7",
    },
  });
});

Deno.test("what flaps is told once a minute; another object, reason or message at once", async () => {
  const { created, record, elapse } = world();
  await record();
  await record();
  await record({ message: "ready again" });
  await record({ reason: "TransportCleaned" });
  await record({ regarding: { ...REGARDING, metadata: { ...REGARDING.metadata, uid: "u2" } } });
  assertEquals(created.length, 4);
  elapse(60_000);
  await record();
  assertEquals(created.length, 5);
});

Deno.test("an event that is refused is logged and fails nothing", async () => {
  const { said, record } = world(403);
  await record();
  assertEquals(said, ["WARN event not written"]);
});

Deno.test("one that was under way when the operator was told to end is no warning", async () => {
  const ending = new AbortController();
  const { said, record } = world(403, ending);
  ending.abort();
  await record();
  assertEquals(said, ["INFO event not written"]);
});

Deno.test("a long message is cut to the 1 KiB of a note, between characters", async () => {
  const { created, record } = world();
  await record({ message: "ä".repeat(1_000) });
  const note = String(created[0]?.["note"]);
  assert(new TextEncoder().encode(note).length <= 1_024);
  assertMatch(note, /^ä+…$/);
});
