import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import { CHAIN, run, story } from "../../operator/transport/testing/objects.ts";
import { createKeeper } from "../cluster/keeper.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { createAuthority } from "../cluster/x509.ts";
import { StepClient } from "../hub/testing/test_hub.ts";
import { becomes, bobrapetPlane, find, fresh } from "./bobrapet.ts";
import { hubRole, startHub } from "./hub_process.ts";

const STORY = story(CHAIN.map((step) => ({ ...step, transport: "rt" })), {
  spec: {
    transports: [{
      name: "rt",
      transportRef: "livekit-default",
      streaming: { lifecycle: { strategy: "drain_cutover" } },
    }],
  },
});

/** A Story of other steps. */
function work(steps: readonly object[]): KubeObject {
  return {
    apiVersion: "bubustack.io/v1alpha1",
    kind: "Story",
    metadata: { name: "work", namespace: "demo" },
    spec: { pattern: "realtime", steps },
  };
}

Deno.test("a hub carries the runs of a real cluster, with the permissions of its role", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-cluster-hub-");
  const { admin } = plane;
  await plane.apply(...hubRole());
  const authority = createAuthority("streams");
  const hub = await startHub(keeper, plane, authority, {
    env: { HUB_TERMINATION_GRACE: "500ms" },
  });
  const certificate = authority.issue({
    commonName: "engram",
    usage: "client",
    dnsNames: ["*.demo.svc.cluster.local"],
  });
  const connect = (step: string, name = "run-1") =>
    new StepClient({ running: hub, authority }, step, certificate, { "storyrun-name": name });
  await admin.create(fresh(STORY));

  await t.step("a run is found in the moment that it is made", async () => {
    for (const name of ["run-1", "run-2", "run-3"]) {
      await admin.create(fresh(run(name)));
      using consumer = connect("step-b", name);
      using producer = connect("step-a", name);
      producer.send({ of: name });
      assertEquals(await consumer.received(1), [{ of: name }]);
    }
  });

  await t.step("a run that is not there, and one whose Story is wrong, are refused", async () => {
    using nobody = connect("step-a", "none");
    assertEquals((await nobody.status).code, 5);
    const wrong = fresh(run("wrong"));
    await admin.create({ ...wrong, spec: { storyRef: { name: "bad" } } });
    await admin.create({
      ...fresh(STORY),
      metadata: { name: "bad", namespace: "demo" },
      spec: {
        pattern: "realtime",
        // What the API server takes: its rule is about names.
        steps: [{ name: "a", id: "same", type: "stop" }, { name: "b", id: "same", type: "stop" }],
      },
    });
    using client = connect("step-a", "wrong");
    assertEquals((await client.status).code, 14);
    const lines = (await hub.logs()).map((line) => JSON.stringify(line));
    assertStringIncludes(lines.join("\n"), "is declared twice");
  });

  await t.step("a run that is deleted ends its streams, and no others", async () => {
    using first = connect("step-a", "run-1");
    using consumer = connect("step-b", "run-2");
    using second = connect("step-a", "run-2");
    second.send({ n: 1 });
    await consumer.received(1);
    await admin.remove(fresh(run("run-1")));
    assertEquals(await first.status, { code: 5, details: "the StoryRun is deleted" });
    second.send({ n: 2 });
    assertEquals(await consumer.received(2), [{ n: 1 }, { n: 2 }]);
  });

  await t.step("a packet for a batch engram is a StepRun, whose output goes on", async () => {
    await admin.create({
      apiVersion: "bubustack.io/v1alpha1",
      kind: "Engram",
      metadata: { name: "job", namespace: "demo" },
      spec: { mode: "job", templateRef: { name: "echo" } },
    });
    await admin.create(work([
      { name: "source", ref: { name: "source" } },
      { name: "batch", ref: { name: "job" }, needs: ["source"] },
      { name: "sink", ref: { name: "sink" }, needs: ["batch"] },
    ]));
    await admin.create({ ...fresh(run("work-1")), spec: { storyRef: { name: "work" } } });
    using sink = connect("sink", "work-1");
    using source = connect("source", "work-1");
    source.send({ text: "hello" });
    const [job] = await waitFor("a StepRun", async () => {
      const { items } = await admin.request<{ items: KubeObject[] }>(
        "/apis/runs.bubustack.io/v1alpha1/namespaces/demo/stepruns",
      );
      return items.length > 0 && items;
    });
    assert(job !== undefined);
    const parent = await find(admin, fresh(run("work-1")));
    assertEquals(job.metadata.labels?.[LABELS.hybrid], "true");
    assertEquals(job.metadata.annotations?.[ANNOTATIONS.upstreamStep], "source");
    assertEquals(
      (job.metadata as { ownerReferences?: { uid: string }[] }).ownerReferences?.[0]?.uid,
      parent?.metadata.uid,
    );
    const spec = job["spec"] as Record<string, unknown>;
    assertEquals([spec["stepId"], spec["input"]], ["batch", { text: "hello" }]);
    const end = { ...job, apiVersion: "runs.bubustack.io/v1alpha1", kind: "StepRun" };
    await admin.patch(
      end,
      { status: { phase: "Succeeded", retries: 0, output: { n: 7 } } },
      "status",
    );
    assertEquals(await sink.received(1), [{ n: 7 }]);
  });

  await t.step("executeStory makes a child of the run, and waits for it", async () => {
    await admin.remove(work([]));
    await admin.remove(fresh(run("work-1")));
    await admin.create(work([
      { name: "source", ref: { name: "source" } },
      {
        name: "call",
        type: "executeStory",
        needs: ["source"],
        with: { storyRef: { name: "voice" }, waitForCompletion: true, with: { of: "parent" } },
      },
      { name: "sink", ref: { name: "sink" }, needs: ["call"] },
    ]));
    await admin.create({ ...fresh(run("work-1")), spec: { storyRef: { name: "work" } } });
    using sink = connect("sink", "work-1");
    using source = connect("source", "work-1");
    source.send({ n: 1 });
    const child = await waitFor("a child", async () => {
      const { items } = await admin.request<{ items: KubeObject[] }>(
        "/apis/runs.bubustack.io/v1alpha1/namespaces/demo/storyruns" +
          `?labelSelector=${encodeURIComponent(`${LABELS.parentStoryRun}=work-1`)}`,
      );
      return items[0];
    });
    assertEquals(child.metadata.labels?.[LABELS.parentStep], "call");
    assertEquals(child["spec"], {
      storyRef: { name: "voice", namespace: "demo" },
      inputs: { of: "parent" },
    });
    assertEquals(sink.payloads, []);
    const end = { ...child, apiVersion: "runs.bubustack.io/v1alpha1", kind: "StoryRun" };
    await admin.patch(end, { status: { phase: "Succeeded" } }, "status");
    assertEquals(await sink.received(1), [{ n: 1 }]);
  });

  await t.step("handoffs and the end of all streams stand in the statuses", async () => {
    const step: KubeObject = {
      apiVersion: "runs.bubustack.io/v1alpha1",
      kind: "StepRun",
      metadata: { name: "run-3-step-a", namespace: "demo" },
      spec: { storyRunRef: { name: "run-3" }, stepId: "step-a" },
    };
    await admin.create(step);
    const phase = async () =>
      ((await find(admin, step))?.status as { handoff?: { phase: string } })?.handoff?.phase;
    const first = connect("step-a", "run-3");
    first.send({ n: 1 });
    await waitFor("ready", async () => await phase() === "ready");
    first[Symbol.dispose]();
    await waitFor("draining", async () => await phase() === "draining");
    await becomes(admin, fresh(run("run-3")), "Degraded", /^True\/TopologyTerminated/);
    using _ = connect("step-a", "run-3");
    await becomes(admin, fresh(run("run-3")), "Degraded", /^False\/Recovered/);
    await waitFor("ready again", async () => await phase() === "ready");
  });

  await t.step("nothing was refused by the API server", async () => {
    const lines = (await hub.logs()).map((line) => JSON.stringify(line));
    assertEquals(lines.filter((line) => line.includes("forbidden")), []);
  });

  await t.step("streams go on and known runs are taken while the API server is away", async () => {
    using producer = connect("step-a", "run-2");
    await plane.stopApiServer("SIGKILL");
    using consumer = connect("step-b", "run-2");
    producer.send({ n: 1 });
    assertEquals(await consumer.received(1), [{ n: 1 }]);
    using unknown = connect("step-a", "none");
    assertEquals((await unknown.status).code, 14, "UNAVAILABLE: come again");
    assertEquals((await fetch(`${hub.http}/readyz`)).status, 200);
  });
});
