import { assertEquals } from "@std/assert";
import { RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import type { Handoff } from "../../contracts/transport/runs.ts";
import { ObjectWriter } from "../../kube/object_writer.ts";
import type { KubeObject } from "../../kube/resources.ts";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { FakeClock, settle } from "../../kube/testing/fake_clock.ts";
import { inProcessFetch } from "../../kube/testing/in_process.ts";
import { WritableApi } from "../../kube/testing/writable_api.ts";
import { KubeReports } from "./kube_reports.ts";

const RUN_SPEC = { storyRef: { name: "voice" } };
const RUN = { namespace: "demo", storyRun: "run-1" };

async function inWorld(
  test: (world: {
    readonly clock: FakeClock;
    readonly api: WritableApi;
    readonly reports: KubeReports;
    readonly log: string[];
    put(kind: "StoryRun" | "StepRun", object: Omit<KubeObject, "kind">): void;
    status(kind: "StoryRun" | "StepRun", name: string): Record<string, unknown>;
  }) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock });
  const api = new WritableApi(server);
  for (const kind of ["StoryRun", "StepRun"] as const) {
    server.store.register({ ...RESOURCES[kind], kind, namespaced: true });
  }
  server.store.put(RESOURCES.StoryRun, {
    kind: "StoryRun",
    metadata: { name: "run-1", namespace: "demo", generation: 3 },
    spec: RUN_SPEC,
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True", reason: "R" }] },
  });
  server.store.put(RESOURCES.StepRun, {
    kind: "StepRun",
    metadata: { name: "run-1-a", namespace: "demo" },
    spec: {},
    status: { phase: "Running" },
  });
  const client = { fetch: inProcessFetch(api.handle) };
  const stop = new AbortController();
  const log: string[] = [];
  const reports = new KubeReports({
    source: { client, clock },
    writer: new ObjectWriter({ client, fieldManager: "tests", clock }),
    logger: (_level, message) => log.push(message),
    signal: stop.signal,
  });
  const status = (kind: "StoryRun" | "StepRun", name: string) =>
    server.store.get(RESOURCES[kind], name, "demo")?.["status"] as Record<string, unknown>;
  try {
    await test({
      clock,
      api,
      reports,
      log,
      status,
      put: (kind, object) =>
        void server.store.put(RESOURCES[kind], { ...object, kind } as KubeObject),
    });
  } finally {
    stop.abort();
    await settle();
    server.close();
  }
}

function handoff(phase: Handoff["phase"]): Handoff {
  return { strategy: "rolling", phase, updatedAt: "2026-01-01T00:00:00Z" };
}

Deno.test("the first word of a run or a step brings along what the CRDs require", () =>
  inWorld(async ({ reports, put, status }) => {
    put("StoryRun", { metadata: { name: "new", namespace: "demo" }, spec: RUN_SPEC });
    put("StepRun", {
      metadata: { name: "new-a", namespace: "demo" },
      spec: { storyRunRef: { name: "new" }, stepId: "a" },
    });
    reports.degrade({ namespace: "demo", storyRun: "new" }, "ExecutionFailed", "x");
    reports.report({ namespace: "demo", stepRun: "new-a", handoff: handoff("ready") });
    await settle();
    assertEquals(shown(status("StoryRun", "new")["conditions"]), [
      "Ready Unknown Reconciling",
      "Degraded True ExecutionFailed",
    ]);
    assertEquals(status("StepRun", "new-a"), { handoff: handoff("ready"), retries: 0 });
    put("StepRun", {
      metadata: { name: "old-a", namespace: "demo" },
      spec: { storyRunRef: { name: "new" }, stepId: "a" },
      status: { retries: 2 },
    });
    reports.report({ namespace: "demo", stepRun: "old-a", handoff: handoff("ready") });
    await settle();
    assertEquals(status("StepRun", "old-a")["retries"], 2);
  }));

const shown = (conditions: unknown) =>
  (conditions as { type: string; status: string; reason: string }[])
    .map(({ type, status, reason }) => `${type} ${status} ${reason}`);

Deno.test("a run is degraded and recovers for one reason, and what others say stays", () =>
  inWorld(async ({ reports, api, status }) => {
    reports.recover(RUN, "TopologyTerminated", "back");
    reports.degrade(RUN, "TopologyTerminated", "gone");
    await settle();
    assertEquals(shown(status("StoryRun", "run-1")["conditions"]), [
      "Ready True R",
      "Degraded True TopologyTerminated",
    ]);
    reports.degrade(RUN, "TopologyTerminated", "gone");
    reports.recover(RUN, "DependencyFailed", "another's");
    await settle();
    assertEquals(api.writes.length, 1, "nothing new, nothing written");
    reports.recover(RUN, "TopologyTerminated", "back");
    await settle();
    assertEquals(shown(status("StoryRun", "run-1")["conditions"])[1], "Degraded False Recovered");
    assertEquals(status("StoryRun", "run-1")["phase"], "Running");
  }));

Deno.test("while the API server is away reports wait, in order; of handoffs the latest is enough", () =>
  inWorld(async ({ reports, api, clock, status, log }) => {
    api.refuse(/PATCH/, 503, "ServiceUnavailable");
    for (const phase of ["draining", "cutover", "ready"] as const) {
      reports.report({ namespace: "demo", stepRun: "run-1-a", handoff: handoff(phase) });
    }
    reports.degrade(RUN, "DependencyFailed", "a child failed");
    reports.degrade(RUN, "ExecutionFailed", "a job failed");
    await settle();
    api.allow();
    api.writes.length = 0;
    await clock.advance(1_000);
    assertEquals(status("StepRun", "run-1-a")["handoff"], handoff("ready"));
    assertEquals(
      shown(status("StoryRun", "run-1")["conditions"])[1],
      "Degraded True ExecutionFailed",
    );
    const steps = api.writes.filter(({ target }) => target.startsWith("stepruns"));
    assertEquals(steps.length, 2, "the one that was under way, and the latest");
    assertEquals(log, []);
  }));

Deno.test("what is not there is no error; what is forbidden is said once, and given up", () =>
  inWorld(async ({ reports, api, clock, log }) => {
    reports.report({ namespace: "demo", stepRun: "none", handoff: handoff("ready") });
    reports.degrade({ namespace: "demo", storyRun: "none" }, "ExecutionFailed", "x");
    await settle();
    assertEquals([log, api.writes], [[], []]);
    api.refuse(/PATCH/, 403, "Forbidden");
    reports.degrade(RUN, "ExecutionFailed", "x");
    await clock.advance(60_000);
    assertEquals([log, api.writes.length], [["StoryRun demo/run-1 cannot be told"], 1]);
  }));
