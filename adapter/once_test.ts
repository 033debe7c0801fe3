import { assertEquals, assertRejects } from "@std/assert";
import { snapshotOf } from "../contracts/fold.ts";
import { statusResponse } from "../kube/testing/api_documents.ts";
import { inProcessFetch } from "../kube/testing/in_process.ts";
import type { RegionMap } from "./flux/map_region.ts";
import { ready, wireRelease } from "./flux/testing/release.ts";
import { OnceError, runOnce } from "./once.ts";
import { CHARTS, type ClusterWorld, CONFIG, inCluster } from "./testing/cluster_world.ts";

const installed = (name: string) =>
  wireRelease({ name, conditions: [ready("True", "InstallSucceeded", "done")] });

/** Runs it while the time goes on. */
async function once(
  world: ClusterWorld,
  signal = new AbortController().signal,
): Promise<RegionMap> {
  const run = runOnce(CONFIG, {
    client: { fetch: inProcessFetch(world.api.handle) },
    log: () => {},
    signal,
    fetch: world.router.fetchAs("once"),
    clock: world.clock,
    random: () => 0.5,
  });
  let isOver = false;
  const over = () => isOver = true;
  run.then(over, over);
  for (let turn = 0; turn < 2_000 && !isOver; turn++) await world.elapse(100);
  return await run;
}

async function refusal(world: ClusterWorld, signal?: AbortSignal): Promise<string> {
  const error = await assertRejects(() => once(world, signal), OnceError);
  return (error as OnceError).message;
}

Deno.test("the cluster is shown as it is, what is gone is removed, and that is all", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.router.publish({
      type: "upsert-nodes",
      nodes: [{ id: "fsn1/bp-old", flowId: "rollout", label: "bp-old", status: "running" }],
    });
    const { nodes } = await once(world);
    assertEquals(nodes.map(({ id }) => id), ["fsn1", "fsn1/bp-a"]);
    const shown = snapshotOf(world.router.state);
    assertEquals([shown.nodes.length, shown.flow.status], [2, "succeeded"]);
    assertEquals(world.api.watchCount, 0);
    const requests = world.router.requests.length;
    await world.elapse(60_000);
    assertEquals(world.router.requests.length, requests);
  }));

Deno.test("a router that is away for a moment is waited for", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.router.faults.push({ type: "cut" }, { type: "refuse", status: 503 });
    await once(world);
    assertEquals(world.router.state.nodes.size, 2);
  }));

Deno.test("what waiting cannot help is said at once", () =>
  inCluster(async (world) => {
    const at = world.clock.now();
    world.api.refuse = (path) =>
      path.endsWith("/helmreleases") ? statusResponse(403, "Forbidden", "may not list") : undefined;
    assertEquals((await refusal(world)).startsWith("HelmRelease: "), true);
    world.api.refuse = () => undefined;
    world.put(installed("bp-a"));
    world.router.faults.push({ type: "refuse", status: 401 });
    assertEquals(await refusal(world), "the router answered 401: no");
    assertEquals(world.clock.now() - at < 10_000, true);
  }));

Deno.test("a cluster without Flux is said to be one", () =>
  inCluster(async (world) => {
    assertEquals((await refusal(world)).includes("is its CRD installed?"), true);
  }, { crds: [CHARTS] }));

Deno.test("what does not answer ends it after a minute, with what was waited for", () =>
  inCluster(async (world) => {
    world.api.answerNext(1_000, { code: 500, message: "etcd is down" });
    assertEquals((await refusal(world)).includes("etcd is down"), true);
    world.api.clearAnswers();
    world.put(installed("bp-a"));
    world.router.isDown = true;
    assertEquals((await refusal(world)).startsWith("the router has not taken it: "), true);
  }));

Deno.test("it can be stopped", () =>
  inCluster(async (world) => {
    world.api.answerNextWith(() => new Promise<never>(() => {}));
    const stop = new AbortController();
    world.clock.after(1_000, () => stop.abort());
    assertEquals(await refusal(world, stop.signal), "stopped");
  }));
