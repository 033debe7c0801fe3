import { assert, assertEquals } from "@std/assert";
import { FakeClock } from "../client/testing/fake_clock.ts";
import { FakeApiServer } from "../kube/testing/fake_api_server.ts";
import { inProcessFetch } from "../kube/testing/in_process.ts";
import type { NamespaceFilter } from "./config.ts";
import { readHelmRelease } from "./flux/helm_release.ts";
import { wireRelease } from "./flux/testing/release.ts";
import { ClusterWorld, RELEASES } from "./testing/cluster_world.ts";
import { WatchedKind } from "./watched_kind.ts";

interface Watching {
  readonly watched: WatchedKind<{ name: string }>;
  readonly api: FakeApiServer;
  readonly changes: () => number;
  readonly elapse: (milliseconds: number) => Promise<void>;
}

async function watching(
  namespaces: NamespaceFilter,
  test: (world: Watching) => Promise<void>,
  { isServed = true, prepare = (_api: FakeApiServer) => {} } = {},
): Promise<void> {
  const world = new ClusterWorld({ crds: isServed ? [RELEASES] : [] });
  prepare(world.api);
  let changes = 0;
  const watched = new WatchedKind<{ name: string }>({
    kind: "HelmRelease",
    namespaces,
    read: readHelmRelease,
    onChange: () => changes++,
    client: { fetch: inProcessFetch(world.api.handle) },
    clock: world.clock satisfies FakeClock,
    random: () => 0.5,
  });
  const abort = new AbortController();
  const ended = watched.run(abort.signal);
  try {
    const { api, elapse } = world;
    await test({ watched, api, elapse, changes: () => changes });
  } finally {
    abort.abort();
    await ended;
    world.api.close();
  }
}

const put = (api: FakeApiServer, name: string, namespace = "flux-system") =>
  api.store.put(RELEASES, wireRelease({ name, namespace }) as never);
const namesOf = (watched: WatchedKind<{ name: string }>) =>
  [...watched.objects].map(({ name }) => name).sort();

Deno.test("objects are held as the cluster has them", () =>
  watching(["flux-system"], async ({ watched, api, elapse }) => {
    put(api, "bp-a");
    put(api, "bp-b");
    put(api, "bp-x", "other");
    await elapse(0);
    assertEquals(namesOf(watched), ["bp-a", "bp-b"]);
    put(api, "bp-c");
    api.store.remove(RELEASES, "bp-a", "flux-system");
    await elapse(0);
    assertEquals(namesOf(watched), ["bp-b", "bp-c"]);
    assertEquals(watched.status, { state: "synced", objects: 2, version: "v2" });
  }));

Deno.test("a kind is synced when all its namespaces are", () =>
  watching(["flux-system", "media"], async ({ watched, api, elapse }) => {
    put(api, "bp-a");
    put(api, "bp-b", "media");
    await elapse(0);
    assert(!watched.isSynced);
    const { state, message } = watched.status;
    assertEquals([state, namesOf(watched)], ["server-error", ["bp-b"]]);
    assert(message?.includes("etcd is down"));
    await elapse(1_000);
    assertEquals(watched.status, { state: "synced", objects: 2, version: "v2" });
  }, {
    prepare: (api) =>
      api.answerNext(1, { code: 500, reason: "InternalError", message: "etcd is down" }),
  }));

Deno.test("a kind that holds nothing is told to be known all the same", () =>
  watching(["flux-system"], async ({ watched, elapse, changes }) => {
    await elapse(0);
    assert(watched.isSynced);
    assertEquals(changes(), 1);
  }));

Deno.test("a kind that nobody serves, or that is forbidden, says so", async () => {
  await watching("all", async ({ watched, elapse }) => {
    await elapse(0);
    assertEquals(watched.status.state, "crd-missing");
  }, { isServed: false });
  await watching("all", async ({ watched, elapse }) => {
    await elapse(0);
    assertEquals(watched.status.state, "forbidden");
    assert(watched.status.message?.includes("may not list"));
  }, {
    prepare: (api) =>
      api.answerNext(1, { code: 403, reason: "Forbidden", message: "may not list" }),
  });
});

Deno.test("trouble after the first list is told, and what is known is kept", () =>
  watching("all", async ({ watched, api, elapse }) => {
    put(api, "bp-a");
    await elapse(0);
    api.cutWatches();
    api.answerNext(6, { code: 403, reason: "Forbidden", message: "no more" });
    await elapse(1_000);
    const { state, message, objects } = watched.status;
    assertEquals([state, objects], ["synced", 1]);
    assert(message?.includes("no more"));
  }));
