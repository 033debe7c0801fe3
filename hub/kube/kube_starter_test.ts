import { assertEquals, assertRejects } from "@std/assert";
import { RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import { type StepRun, stepRunSchema } from "../../contracts/transport/runs.ts";
import { ObjectWriter } from "../../kube/object_writer.ts";
import type { KubeObject } from "../../kube/resources.ts";
import { FakeApiServer } from "../../kube/testing/fake_api_server.ts";
import { FakeClock, settle } from "../../kube/testing/fake_clock.ts";
import { inProcessFetch } from "../../kube/testing/in_process.ts";
import { WritableApi } from "../../kube/testing/writable_api.ts";
import { KubeStepStarter } from "./kube_starter.ts";
import { ObjectLookup } from "./object_lookup.ts";

const JOB: StepRun = stepRunSchema.parse({
  kind: "StepRun",
  apiVersion: "runs.bubustack.io/v1alpha1",
  metadata: { name: "job", namespace: "demo", labels: { "bubustack.io/hybrid": "true" } },
  spec: { storyRunRef: { name: "run-1" }, stepId: "batch" },
});
const FOREVER = new AbortController().signal;

async function inWorld(
  test: (world: {
    readonly api: WritableApi;
    readonly server: FakeApiServer;
    readonly starter: KubeStepStarter;
    readonly clock: FakeClock;
    end(status: object): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock });
  const api = new WritableApi(server);
  server.store.register({ ...RESOURCES.StepRun, kind: "StepRun", namespaced: true });
  const client = { fetch: inProcessFetch(api.handle) };
  const stop = new AbortController();
  const { signal } = stop;
  const starter = new KubeStepStarter({
    source: { client, clock },
    writer: new ObjectWriter({ client, fieldManager: "tests", clock }),
    lookup: new ObjectLookup({ client, clock, signal }),
    signal,
  });
  const watching = starter.informer.run(signal);
  await settle();
  try {
    await test({
      api,
      server,
      starter,
      clock,
      async end(status) {
        server.store.put(RESOURCES.StepRun, { ...JOB, status } as unknown as KubeObject);
        await settle();
      },
    });
  } finally {
    stop.abort();
    await settle();
    await watching;
    server.close();
  }
}

Deno.test("a step is started once, however often and against whatever resistance", () =>
  inWorld(async ({ api, server, starter, clock }) => {
    api.refuse(/POST/, 503, "ServiceUnavailable");
    const started = starter.start(JOB);
    await settle();
    api.allow();
    await clock.advance(1_000);
    await started;
    await starter.start(JOB);
    assertEquals(server.store.list(RESOURCES.StepRun).length, 1);
    api.refuse(/POST/, 403, "Forbidden");
    await assertRejects(() => starter.start({ ...JOB, metadata: { name: "other" } }));
  }));

Deno.test("its end is told when it is there, with output and reason", () =>
  inWorld(async ({ starter, end }) => {
    await starter.start(JOB);
    await settle();
    const finished = starter.finished("demo", "job", FOREVER);
    await end({ phase: "Running", output: { half: true } });
    const error = { version: "v1", type: "execution_error", message: "out of memory" };
    await end({ phase: "Failed", output: { n: 1 }, error, lastFailureMsg: "failed" });
    const expected = { phase: "Failed", output: { n: 1 }, message: "out of memory" };
    assertEquals(await finished, expected);
    assertEquals(await starter.finished("demo", "job", FOREVER), expected, "also afterwards");
    await end({ phase: "Failed", lastFailureMsg: "no image" });
    const bare = { phase: "Failed", message: "no image" };
    assertEquals(await starter.finished("demo", "job", FOREVER), bare);
  }));

Deno.test("a step that is deleted, or whose wait is called off, ends the wait", () =>
  inWorld(async ({ starter, server, clock }) => {
    await starter.start(JOB);
    await settle();
    const deleted = assertRejects(
      () => starter.finished("demo", "job", FOREVER),
      Error,
      "StepRun demo/job was deleted before it ended",
    );
    server.store.remove(RESOURCES.StepRun, "job", "demo");
    await settle();
    await deleted;
    // Made and deleted before the watch told of it: asked for after a while.
    const unseen = assertRejects(() => starter.finished("demo", "none", FOREVER), Error, "deleted");
    await clock.advance(30_000);
    await unseen;
    const stop = new AbortController();
    const called = assertRejects(
      () => starter.finished("demo", "none", stop.signal),
      Error,
      "timed out",
    );
    stop.abort(new Error("timed out"));
    await called;
  }));
