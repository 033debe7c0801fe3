import { assert, assertEquals, assertRejects } from "@std/assert";
import { snapshotOf } from "../contracts/fold.ts";
import { withVersions } from "./flux/region_versions.ts";
import { recordedMaps } from "./flux/testing/map_golden.ts";
import { readRecording, RECORDINGS } from "./flux/testing/recording.ts";
import { ready, wireRelease } from "./flux/testing/release.ts";
import { runAdapter } from "./run.ts";
import { CHARTS, CONFIG, inCluster, RELEASES } from "./testing/cluster_world.ts";

const installed = (name: string, message = "done") =>
  wireRelease({ name, conditions: [ready("True", "InstallSucceeded", message)] });

for (const name of RECORDINGS) {
  Deno.test(`the router ends with the map of ${name}, however the posts were merged`, async () => {
    const events = await readRecording(name);
    const last = [...recordedMaps(events, name)].at(-1);
    await inCluster(async (world) => {
      world.start({ regionKey: name });
      let t = 0;
      for (const event of events) {
        await world.elapse(event.t - t);
        t = event.t;
        world.apply(event);
      }
      await world.elapse(2_000);
      const { flow, nodes, relationships } = snapshotOf(world.router.state);
      const [region, ...others] = nodes;
      assert(region !== undefined && last !== undefined);
      assertEquals([withVersions(region, {}), ...others], byId(last.nodes));
      assertEquals(new Set(relationships), new Set(last?.relationships));
      assertEquals(flow, last?.flow);
      // 400 events and 28 releases, in far fewer posts than there were events.
      assert(world.router.posts.length < events.length);
    });
  });
}

Deno.test("both recordings in one flow, each region by its own adapter, make one flow", async () => {
  const events = await readRecording("fsn1");
  await inCluster(async (world) => {
    world.start({ regionKey: "fsn1" });
    world.start({ regionKey: "hel1" });
    for (const event of events) world.apply(event);
    await world.elapse(10_000);
    const { flow, nodes } = snapshotOf(world.router.state);
    assertEquals(nodes.filter(({ region }) => region === "fsn1").length, 28);
    assertEquals(nodes.filter(({ region }) => region === "hel1").length, 28);
    assertEquals(flow.status, "failed");
    assert(flow.endedAt !== undefined);
  });
});

Deno.test("nothing is posted before all HelmReleases are known", () =>
  inCluster(async ({ api, router, elapse, start, put }) => {
    put(installed("bp-a"));
    api.answerNext(6, { code: 500 });
    start();
    await elapse(700);
    assertEquals(router.posts, []);
    await elapse(30_000);
    assertEquals(router.state.nodes.size, 2);
  }));

Deno.test("what was deleted while no adapter ran is removed", () =>
  inCluster(async ({ router, elapse, start, put }) => {
    router.publish({
      type: "upsert-nodes",
      nodes: [
        { id: "fsn1/bp-old", flowId: "rollout", label: "bp-old", status: "running" },
        { id: "hel1/bp-old", flowId: "rollout", label: "bp-old", status: "running" },
      ],
    });
    put(installed("bp-a"));
    start();
    await elapse(1_000);
    assertEquals([...router.state.nodes.values()].map(({ id }) => id).sort(), [
      "fsn1",
      "fsn1/bp-a",
      "hel1/bp-old",
    ]);
  }));

Deno.test("each status transition is one log line, and the first list is one in all", () =>
  inCluster(async ({ api, elapse, start, put, messages }) => {
    put(installed("bp-a"));
    put(installed("bp-b"));
    start();
    await elapse(1_000);
    assertEquals(messages("status"), []);
    assertEquals(messages("cluster synced").map(({ succeeded }) => succeeded), [2]);

    put(wireRelease({ name: "bp-a", conditions: [ready("False", "UpgradeFailed", "broken")] }));
    put(installed("bp-b", "the message alone is no transition"));
    put(wireRelease({ name: "bp-c" }));
    await elapse(1_000);
    api.store.remove(RELEASES, "bp-b", "flux-system");
    await elapse(1_000);
    assertEquals(messages("status"), [
      {
        level: "INFO",
        msg: "status",
        node: "fsn1/bp-a",
        from: "succeeded succeeded",
        to: "failed failed",
        reason: "UpgradeFailed",
        message: "broken",
      },
      { level: "INFO", msg: "status", node: "fsn1/bp-c", to: "pending queued" },
      {
        level: "INFO",
        msg: "status",
        node: "fsn1/bp-b",
        from: "succeeded succeeded",
        to: "deleted",
      },
    ]);
  }));

Deno.test("a missing HelmRelease CRD is waited for", () =>
  inCluster(async ({ api, router, elapse, start, put, messages }) => {
    start();
    await elapse(20_000);
    assertEquals(router.posts, []);
    const failing = messages("watch failing, will retry");
    assertEquals(failing.map(({ kind, code }) => `${kind} ${code}`), ["HelmRelease crd-missing"]);
    api.store.register(RELEASES);
    put(installed("bp-a"));
    await elapse(20_000);
    assertEquals(router.state.nodes.size, 2);
    assertEquals(messages("watch recovered").length, 1);
  }, { crds: [CHARTS] }));

Deno.test("a missing HelmChart CRD takes nothing but what charts would say", () =>
  inCluster(async ({ router, elapse, start, put }) => {
    put(installed("bp-a"));
    start();
    await elapse(1_000);
    const node = [...router.state.nodes.values()].find(({ id }) => id === "fsn1/bp-a");
    assertEquals(node?.status, "succeeded");
    assertEquals(node?.meta?.["source"], { kind: "HelmChart", name: "flux-system-bp-a" });
  }, { crds: [RELEASES] }));

Deno.test("a router that is away at the start is waited for, and said once", () =>
  inCluster(async ({ router, elapse, start, put, messages }) => {
    put(installed("bp-a"));
    router.isDown = true;
    start();
    await elapse(20_000);
    const failing = messages("router request failed, will retry");
    assertEquals(failing.length, 1);
    assertEquals([failing[0]?.level, failing[0]?.["code"]], ["WARN", "network"]);
    router.isDown = false;
    await elapse(30_000);
    assertEquals(router.state.nodes.size, 2);
    assertEquals(messages("router answers again").length, 1);
  }));

Deno.test("a router that lost everything has it again, although the cluster stands still", () =>
  inCluster(async ({ router, elapse, start, put, messages }) => {
    put(installed("bp-a"));
    start();
    await elapse(1_000);
    const before = snapshotOf(router.state);
    router.restart();
    await elapse(10_000);
    assertEquals(snapshotOf(router.state), before);
    assertEquals(messages("router lost our part, posting it again").length, 1);
  }));

Deno.test("several namespaces are watched, each by itself", () =>
  inCluster(async ({ router, elapse, start, put }) => {
    for (const namespace of ["flux-system", "media", "other"]) {
      put(wireRelease({ name: "bp-a", namespace }));
    }
    start({ namespaces: ["flux-system", "media"] });
    await elapse(1_000);
    assertEquals([...router.state.nodes.values()].map(({ id }) => id).sort(), [
      "fsn1",
      "fsn1/flux-system/bp-a",
      "fsn1/media/bp-a",
    ]);
  }));

Deno.test("all namespaces are watched with *", () =>
  inCluster(async ({ router, elapse, start, put }) => {
    for (const namespace of ["flux-system", "media"]) {
      put(wireRelease({ name: "bp-a", namespace }));
    }
    start({ namespaces: "all" });
    await elapse(1_000);
    assertEquals(router.state.nodes.size, 3);
  }));

Deno.test("the end posts what has just changed", async () => {
  await inCluster(async ({ router, elapse, start, put, stop, lines }) => {
    put(installed("bp-a"));
    start({ emitInterval: 60_000 });
    await elapse(1_000);
    put(wireRelease({ name: "bp-a", conditions: [ready("False", "UpgradeFailed")] }));
    await elapse(1_000);
    await stop();
    const node = [...router.state.nodes.values()].find(({ id }) => id === "fsn1/bp-a");
    assertEquals(node?.status, "failed");
    assertEquals(lines.at(-1), { level: "INFO", msg: "adapter stopped", inSync: true });
  });
});

Deno.test("an address for the probes that is taken ends the adapter and says why", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const healthListenAddr = { hostname: "127.0.0.1", port: taken.addr.port };
  await assertRejects(
    () =>
      runAdapter({ ...CONFIG, healthListenAddr }, {
        client: { fetch: () => Promise.reject(new Error("no cluster here")) },
        fetch: () => Promise.reject(new Error("no router here")),
        log: () => {},
        signal: new AbortController().signal,
      }),
    Deno.errors.AddrInUse,
  );
});

function byId<T extends { id: string }>(nodes: readonly T[]): T[] {
  return [...nodes].sort((a, b) => a.id < b.id ? -1 : 1);
}
