import { assert, assertEquals } from "@std/assert";
import type { Snapshot } from "../../contracts/flow.ts";
import { snapshotOf } from "../../contracts/fold.ts";
import { deepEqual, differingPaths } from "./deep_equal.ts";
import { driveRecording } from "./drive_recording.ts";
import { contentOf, expectedSnapshot, liveObjects, withIdentityOf } from "./expected_snapshot.ts";
import { type FlowHistory, recordFlow } from "./flow_history.ts";
import { createKeeper } from "./keeper.ts";
import { conditionsOf, type KubeObject } from "./kube_object.ts";
import { type Router, startRouter } from "./product.ts";
import { finalObjects, readRecording } from "./recording.ts";
import { type LiveRegion, startRegion } from "./region.ts";
import { waitFor } from "./wait_for.ts";

const FLOW = "rollout";
/** Recorded seconds a second: fast, and slow enough for each state to be seen by a viewer. */
const SPEED = 12;
const REGIONS = ["fsn1", "hel1"] as const;

interface Answer {
  readonly snapshot: Snapshot | undefined;
  /** Cursor of the snapshot, from its ETag: `<seq>-<epoch>`. */
  readonly etag: string;
}

async function getSnapshot(router: Router): Promise<Answer> {
  const response = await fetch(`${router.url}/v1/flows/${FLOW}/snapshot`);
  const etag = response.headers.get("etag") ?? "";
  if (response.ok) return { snapshot: contentOf(await response.json()), etag };
  await response.body?.cancel();
  return { snapshot: undefined, etag };
}

/**
 * Waits until the router's snapshot is what these regions amount to, to the letter. Patiently: the
 * adapters wait for up to half a minute between two attempts on a server that refuses them.
 */
async function becomes(router: Router, expected: Snapshot): Promise<Answer> {
  let paths: string[] = [];
  return await waitFor("the router's snapshot to be whole", async () => {
    const answer = await getSnapshot(router).catch((error) => {
      if (error instanceof TypeError) return undefined;
      throw error;
    });
    paths = differingPaths(answer?.snapshot, expected, "");
    return paths.length === 0 && answer;
  }, {
    within: 120_000,
    every: 100,
    describe: () => `it differs at ${paths.slice(0, 8).join(" ")}`,
  });
}

/** The snapshot that the clusters as they are now must lead to. */
async function expectedNow(regions: readonly LiveRegion[]): Promise<Snapshot> {
  return expectedSnapshot(
    FLOW,
    await Promise.all(regions.map(async ({ key, plane }) => {
      return { key, objects: await liveObjects(plane.admin) };
    })),
  );
}

/** Waits until the router shows a release as stalled, with Flux's own words. */
async function showsStall(router: Router, id: string): Promise<Snapshot> {
  return await waitFor(`${id} to be shown as stalled`, async () => {
    const { snapshot } = await getSnapshot(router);
    const { status, meta } = snapshot?.nodes.find((node) => node.id === id) ?? {};
    return status === "failed" && meta?.["reason"] === "RetriesExceeded" &&
      String(meta["message"]).length > 0 && snapshot;
  });
}

/** What depends on a release that was never installed is pending and says what it waits for. */
function assertDependantsWait({ nodes, relationships }: Snapshot, id: string): void {
  const dependants = relationships
    .filter(({ fromId, type }) => fromId === id && type === "finish-to-start")
    .map(({ toId }) => nodes.find((node) => node.id === toId));
  assert(dependants.length > 0);
  for (const dependant of dependants) assertEquals(dependant?.status, "pending", dependant?.id);
  // Flux names the first dependency that is not ready, which for some is another one.
  const waitsForIt = dependants.filter((dependant) =>
    JSON.stringify(dependant?.meta?.["blockedBy"] ?? []).includes(id)
  );
  assert(waitsForIt.length > 0);
}

/** Waits until a viewer of the flow holds the same as its snapshot, to the letter. */
async function holds(viewer: FlowHistory, expected: Snapshot, epoch?: string): Promise<void> {
  await waitFor("the viewer to hold the snapshot", () => {
    const { connection, state, position } = viewer.subscription;
    // After a kill it comes back by itself, later; here nobody wants to wait for that.
    if (connection.state === "stale" || connection.state === "resuming") {
      viewer.subscription.retryNow();
    }
    // What it held before the router's end looks the same, until it has heard of that end.
    if (epoch !== undefined && position?.epoch !== epoch) return false;
    return deepEqual(contentOf(snapshotOf(state)), expected);
  }, { within: 120_000, every: 100 });
}

function release(name: string): KubeObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name, namespace: "flux-system" },
    spec: {
      interval: "5m",
      chart: { spec: { chart: "mill", sourceRef: { kind: "HelmRepository", name: "lab" } } },
    },
  };
}

Deno.test("two real clusters, their adapters and one router", async (t) => {
  await using keeper = await createKeeper("headrace-product-");
  const router = await startRouter(keeper);
  await using viewer = recordFlow(router.url, FLOW);
  await using stack = new AsyncDisposableStack();
  const regions = await Promise.all(
    REGIONS.map(async (key) =>
      stack.use(await startRegion(keeper, { key, router: router.url, flowId: FLOW }))
    ),
  );
  const [fsn1, hel1] = regions;
  assert(fsn1 !== undefined && hel1 !== undefined);

  await t.step("a viewer is live as soon as the flow is there", async () => {
    await becomes(router, await expectedNow(regions));
    viewer.subscription.retryNow();
    await waitFor("a live viewer", () => viewer.subscription.connection.state === "live");
  });

  await t.step("both recordings end in the picture that the pure mapper draws", async () => {
    const stalled: string[] = [];
    const ends = await Promise.all(regions.map(async ({ key, plane }) => {
      const recording = await readRecording(
        new URL(`../../demo/recordings/${key}.jsonl`, import.meta.url),
      );
      const onEvent = async (recorded: KubeObject) => {
        if (!conditionsOf(recorded).some(({ type }) => type === "Stalled")) return;
        const id = `${key}/${recorded.metadata.name}`;
        const snapshot = await showsStall(router, id);
        if (id === "fsn1/bp-keycloak") assertDependantsWait(snapshot, id);
        stalled.push(id);
      };
      assertEquals(await driveRecording(plane.admin, recording, { speed: SPEED, onEvent }), []);
      const live = await liveObjects(plane.admin);
      return { key, objects: withIdentityOf(finalObjects(recording), live) };
    }));
    assert(stalled.includes("fsn1/bp-keycloak"));
    const { snapshot } = await becomes(router, expectedSnapshot(FLOW, ends));
    assertEquals(snapshot?.nodes.length, 2 + 27 + 28);
    const node = (id: string) => snapshot?.nodes.find((node) => node.id === id);
    assertEquals(node("fsn1/bp-keycloak")?.status, "succeeded");
    assert(JSON.stringify(node("fsn1/bp-tempo")).includes("suspended"));
    assert(!JSON.stringify(snapshot).includes("fsn1/bp-external-dns"));
  });

  await t.step("nothing that succeeded ran again unless its spec had changed", () => {
    const upgraded = ["fsn1/bp-keycloak", "fsn1/bp-mimir", "fsn1/bp-grafana"];
    const blinked = [...viewer.subscription.state.nodes.values()]
      .filter(({ id }) => id.includes("/") && !upgraded.includes(id))
      .filter(({ id }) => {
        const statuses = viewer.of(id).map(({ status }) => status);
        const first = statuses.indexOf("succeeded");
        return first >= 0 && statuses.slice(first).some((status) => status !== "succeeded");
      });
    assertEquals(blinked.map(({ id }) => id), []);
  });

  await t.step("a cut watch: what happened meanwhile is there, the rest is untouched", async () => {
    fsn1.proxy.silence();
    await fsn1.plane.apply(release("bp-weir"));
    fsn1.proxy.cut("rst");
    fsn1.proxy.resume();
    await becomes(router, await expectedNow(regions));
    hel1.proxy.cut("fin");
    await hel1.plane.apply(release("bp-weir"));
    const { snapshot } = await becomes(router, await expectedNow(regions));
    assert(snapshot?.nodes.some(({ id }) => id === "hel1/bp-weir"));
  });

  await t.step("kill -9 of an API server: whole again, and what was deleted is gone", async () => {
    fsn1.proxy.silence();
    await fsn1.plane.admin.remove(release("bp-weir"));
    await fsn1.plane.stopApiServer("SIGKILL");
    fsn1.proxy.cut("rst");
    fsn1.proxy.resume();
    await fsn1.plane.startApiServer();
    const { snapshot } = await becomes(router, await expectedNow(regions));
    assert(!JSON.stringify(snapshot).includes("fsn1/bp-weir"));
    assert(snapshot?.nodes.some(({ id }) => id === "hel1/bp-weir"));
  });

  await t.step("kill -9 of the router: a new epoch, and the same snapshot again", async () => {
    const expected = await expectedNow(regions);
    const before = await becomes(router, expected);
    await router.stop("SIGKILL");
    await router.start();
    const after = await becomes(router, expected);
    assert(epochOf(before) !== epochOf(after), `${before.etag} and ${after.etag}`);
    await holds(viewer, expected, epochOf(after));
    assertEquals(viewer.hellos.at(-1)?.recovered, false);
  });

  await t.step("a flow that somebody deletes is whole again, too", async () => {
    const expected = await expectedNow(regions);
    const response = await fetch(`${router.url}/v1/flows/${FLOW}`, { method: "DELETE" });
    assertEquals(response.status, 204);
    await becomes(router, expected);
    await holds(viewer, expected);
  });

  await t.step("kill -9 of an adapter: what went meanwhile is gone after its start", async () => {
    const before = shownOf(viewer, "fsn1");
    await hel1.adapter.stop("SIGKILL");
    await hel1.plane.admin.remove(release("bp-weir"));
    await hel1.plane.apply(release("bp-sluice"));
    await hel1.adapter.start();
    const { snapshot } = await becomes(router, await expectedNow(regions));
    assert(!JSON.stringify(snapshot).includes("hel1/bp-weir"));
    assert(JSON.stringify(snapshot).includes("hel1/bp-sluice"));
    await holds(viewer, await expectedNow(regions));
    assertEquals(shownOf(viewer, "fsn1"), before, "the other region was not touched");
  });

  await t.step("an orderly end of an adapter leaves its region on the router", async () => {
    const expected = await expectedNow(regions);
    await hel1.adapter.stop("SIGTERM");
    await becomes(router, expected);
    await hel1.adapter.start();
    await becomes(router, expected);
  });

  await t.step("no program of ours has logged an error", async () => {
    for (const program of [router, fsn1.adapter, hel1.adapter]) {
      const errors = (await program.logs()).filter(({ level }) => level === "ERROR");
      assertEquals(errors, []);
    }
  });
});

/** Every version of every node of a region that a viewer was shown. */
function shownOf(viewer: FlowHistory, region: string): string[] {
  return [...viewer.subscription.state.nodes.values()]
    .filter((node) => node.region === region)
    .flatMap(({ id }) => viewer.of(id).map((node) => `${id} ${JSON.stringify(node)}`))
    .sort();
}

function epochOf({ etag }: Answer): string | undefined {
  return /^"\d+-(.+)"$/.exec(etag)?.[1];
}
