import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../contracts/clock.ts";
import type { WatchEvent } from "../watch_stream.ts";
import { WatchStreamDecoder } from "../watch_stream.ts";
import { FakeApiServer, type FakeApiServerOptions } from "./fake_api_server.ts";
import { FakeClock, settle } from "./fake_clock.ts";
import { inProcessFetch } from "./in_process.ts";
import { ObjectStore } from "./object_store.ts";

const RELEASES = {
  group: "helm.toolkit.fluxcd.io",
  version: "v2",
  resource: "helmreleases",
  kind: "HelmRelease",
  namespaced: true,
  shortNames: ["hr"],
};
const PODS = { group: "", version: "v1", resource: "pods", kind: "Pod", namespaced: true };
const COLLECTION = "/apis/helm.toolkit.fluxcd.io/v2/helmreleases";
const IN_APPS = "/apis/helm.toolkit.fluxcd.io/v2/namespaces/apps/helmreleases";

function setUp(options: FakeApiServerOptions = {}) {
  const clock = new FakeClock();
  const store = new ObjectStore({ firstRevision: 100 });
  store.register(RELEASES);
  store.register(PODS);
  const server = new FakeApiServer({ store, clock, ...options });
  const fetch = inProcessFetch(server.handle);
  const put = (name: string, namespace = "apps", labels: Record<string, string> = {}) =>
    store.put(RELEASES, { metadata: { name, namespace, labels } });
  const json = async (path: string) => {
    const response = await fetch(path);
    return { status: response.status, body: await response.json() };
  };
  return { clock, store, server, fetch, put, json };
}

/** Opens a watch and collects what it says. */
async function watch(fetch: ReturnType<typeof inProcessFetch>, path: string) {
  const stop = new AbortController();
  const response = await fetch(path, { signal: stop.signal });
  assertEquals(response.status, 200);
  const seen: string[] = [];
  const events: WatchEvent[] = [];
  const decoder = new WatchStreamDecoder();
  const end = (async () => {
    for await (const chunk of response.body ?? []) {
      for (const event of decoder.push(chunk)) {
        events.push(event);
        seen.push(
          event.type === "BOOKMARK"
            ? `BOOKMARK ${event.resourceVersion}`
            : event.type === "ERROR"
            ? `ERROR ${event.status.code}`
            : `${event.type} ${event.object.metadata.name} ${event.object.metadata.resourceVersion}`,
        );
      }
    }
    return "ended";
  })();
  end.catch(() => {});
  return { seen, events, end, stop };
}

Deno.test("discovery names the groups, versions and resources that are served", async () => {
  const { json, fetch } = setUp();
  const groups = (await json("/apis")).body.groups;
  assertEquals(groups, [{
    name: "helm.toolkit.fluxcd.io",
    versions: [{ groupVersion: "helm.toolkit.fluxcd.io/v2", version: "v2" }],
    preferredVersion: { groupVersion: "helm.toolkit.fluxcd.io/v2", version: "v2" },
  }]);
  assertEquals((await json("/apis/helm.toolkit.fluxcd.io")).body.kind, "APIGroup");
  const { body } = await json("/apis/helm.toolkit.fluxcd.io/v2");
  assertEquals([body.kind, body.groupVersion], ["APIResourceList", "helm.toolkit.fluxcd.io/v2"]);
  assertEquals(body.resources, [{
    name: "helmreleases",
    singularName: "helmrelease",
    namespaced: true,
    kind: "HelmRelease",
    verbs: ["get", "list", "watch"],
    shortNames: ["hr"],
  }]);
  assertEquals((await json("/api")).body.versions, ["v1"]);
  assertEquals((await json("/api/v1")).body.resources[0].name, "pods");
  assertEquals((await json("/version")).body.major, "1");
  for (const path of ["/healthz", "/livez", "/readyz"]) {
    assertEquals(await (await fetch(path)).text(), "ok");
  }
});

for (
  const path of [
    "/apis/source.toolkit.fluxcd.io/v1/helmcharts",
    "/apis/helm.toolkit.fluxcd.io/v1/helmreleases",
    "/apis/helm.toolkit.fluxcd.io/v2/helmreleases/a/status",
    "/apis/source.toolkit.fluxcd.io",
    "/apis/source.toolkit.fluxcd.io/v1",
    "/api/v2",
    "/openapi/v3",
    "/",
  ]
) {
  Deno.test(`${path} is not served: a 404 that is no Status, as of a real server`, async () => {
    const response = await setUp().fetch(path);
    assertEquals([response.status, await response.text()], [404, "404 page not found\n"]);
    assertEquals(response.headers.get("content-type"), "text/plain; charset=utf-8");
  });
}

Deno.test("one object is got by name, and a missing one is a Status", async () => {
  const { put, json } = setUp();
  put("a");
  assertEquals((await json(`${IN_APPS}/a`)).body.metadata.name, "a");
  const { status, body } = await json(`${IN_APPS}/b`);
  assertEquals([status, body.kind, body.reason], [404, "Status", "NotFound"]);
  assertEquals(body.message, 'helmreleases.helm.toolkit.fluxcd.io "b" not found');
});

Deno.test("a list is of one namespace or of all, selected by labels and fields", async () => {
  const { put, json } = setUp();
  put("a", "apps", { team: "core" });
  put("b", "apps");
  put("c", "other", { team: "core" });
  const names = async (path: string) => {
    const { body } = await json(path);
    return body.items.map((item: { metadata: { name: string } }) => item.metadata.name).join();
  };
  assertEquals(await names(COLLECTION), "a,b,c");
  assertEquals(await names(IN_APPS), "a,b");
  assertEquals(await names(`${COLLECTION}?labelSelector=team%3Dcore`), "a,c");
  assertEquals(await names(`${IN_APPS}?labelSelector=!team`), "b");
  assertEquals(await names(`${COLLECTION}?fieldSelector=metadata.namespace%3Dother`), "c");
  const { body } = await json(COLLECTION);
  assertEquals([body.kind, body.apiVersion, body.metadata], [
    "HelmReleaseList",
    "helm.toolkit.fluxcd.io/v2",
    { resourceVersion: "103" },
  ]);
});

for (const query of ["labelSelector=team+in+(core)", "fieldSelector=spec.suspend%3Dtrue"]) {
  Deno.test(`${query} is refused and not ignored`, async () => {
    const { status, body } = await setUp().json(`${COLLECTION}?${query}`);
    assertEquals([status, body.reason], [400, "BadRequest"]);
  });
}

Deno.test("a bad continue token and a version of the future are refused", async () => {
  const { json } = setUp();
  assertEquals((await json(`${COLLECTION}?limit=1&continue=abc`)).status, 400);
  const { status, body } = await json(`${COLLECTION}?resourceVersion=999`);
  assertEquals([status, body.reason], [504, "Timeout"]);
  assertEquals((await json(`${COLLECTION}?resourceVersion=0`)).status, 200);
});

Deno.test("other methods are not allowed, and nothing is written", async () => {
  const { fetch, store } = setUp();
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    const response = await fetch(IN_APPS, { method, body: "{}" });
    assertEquals([response.status, (await response.json()).reason], [405, "MethodNotAllowed"]);
  }
  assertEquals(store.revision, 100);
});

Deno.test("an object is created once, and replaced only over the version that was read", async () => {
  const { fetch, store } = setUp();
  const send = async (method: string, path: string, body: unknown) => {
    const response = await fetch(path, { method, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
  const made = await send("POST", IN_APPS, { metadata: { name: "new" }, spec: { size: 1 } });
  assertEquals([made.status, made.body.metadata.namespace], [201, "apps"]);
  const again = await send("POST", IN_APPS, { metadata: { name: "new" } });
  assertEquals([again.status, again.body.reason], [409, "AlreadyExists"]);
  const path = `${IN_APPS}/new`;
  const replaced = await send("PUT", path, { ...made.body, spec: { size: 2 } });
  assertEquals([replaced.status, replaced.body.metadata.uid], [200, made.body.metadata.uid]);
  const late = await send("PUT", path, { ...made.body, spec: { size: 3 } });
  assertEquals([late.status, late.body.reason], [409, "Conflict"]);
  assertEquals((await send("PUT", `${IN_APPS}/gone`, { metadata: { name: "gone" } })).status, 404);
  assertEquals((await send("POST", IN_APPS, {})).status, 422);
  assertEquals((await fetch("/apis/none.io/v1/things", { method: "POST" })).status, 404);
  assertEquals(store.revision, 102);
});

Deno.test("with a token configured, requests without it are 401", async () => {
  const { fetch } = setUp({ token: () => "t0p" });
  const response = await fetch(COLLECTION);
  assertEquals([response.status, (await response.json()).reason], [401, "Unauthorized"]);
  const headers = { authorization: "Bearer t0p" };
  assertEquals((await fetch(COLLECTION, { headers })).status, 200);
});

Deno.test("a watch tells what happened after its version, in its namespace, then what happens", async () => {
  const { fetch, put, store } = setUp();
  put("a");
  put("b");
  put("elsewhere", "other");
  const { seen, stop } = await watch(fetch, `${IN_APPS}?watch=1&resourceVersion=101`);
  store.remove(RELEASES, "a", "apps");
  await settle();
  assertEquals(seen, ["ADDED b 102", "DELETED a 104"]);
  stop.abort();
});

for (const version of ["", "&resourceVersion=0"]) {
  Deno.test(`a watch ${version === "" ? "without a version" : "from 0"} begins with what exists`, async () => {
    const { fetch, put } = setUp();
    put("a");
    put("a");
    const { seen, stop } = await watch(fetch, `${IN_APPS}?watch=true${version}`);
    put("b");
    await settle();
    assertEquals(seen, ["ADDED a 102", "ADDED b 103"]);
    stop.abort();
  });
}

Deno.test("entering a selection is ADDED; leaving it is DELETED, with the last selected state", async () => {
  const { fetch, put } = setUp();
  put("a", "apps", { team: "core" });
  const path = `${IN_APPS}?watch=1&resourceVersion=101&labelSelector=team%3Dcore`;
  const { seen, events, stop } = await watch(fetch, path);
  put("a", "apps", { team: "other" });
  put("a", "apps", { team: "other" });
  put("a", "apps", { team: "core" });
  await settle();
  assertEquals(seen, ["DELETED a 102", "ADDED a 104"]);
  const [left] = events;
  assert(left?.type === "DELETED");
  assertEquals(left.object.metadata.labels, { team: "core" });
  stop.abort();
});

Deno.test("a watch from before the compaction is told 410 in the stream, and ended", async () => {
  const { fetch, put, store } = setUp();
  put("a");
  put("b");
  store.compact(102);
  const { seen, end } = await watch(fetch, `${IN_APPS}?watch=1&resourceVersion=101`);
  assertEquals(await end, "ended");
  assertEquals(seen, ["ERROR 410"]);
  const later = await watch(fetch, `${IN_APPS}?watch=1&resourceVersion=102`);
  put("c");
  await settle();
  assertEquals(later.seen, ["ADDED c 103"]);
  later.stop.abort();
});

Deno.test("bookmarks come to who asked for them, and one before the end", async () => {
  const { fetch, put, clock } = setUp({ bookmarkEveryMs: 60_000 });
  const query = "watch=1&resourceVersion=100&timeoutSeconds=150";
  const asked = await watch(fetch, `${IN_APPS}?${query}&allowWatchBookmarks=true`);
  const plain = await watch(fetch, `${IN_APPS}?${query}`);
  await clock.advance(60_000);
  put("elsewhere", "other");
  await clock.advance(90_000);
  assertEquals(asked.seen, ["BOOKMARK 100", "BOOKMARK 101", "BOOKMARK 101"]);
  assertEquals(plain.seen, []);
  assertEquals([await asked.end, await plain.end], ["ended", "ended"]);
  assertEquals(clock.pending, 0);
});

Deno.test("a watch from the future is silent until the server gets there", async () => {
  const { fetch, put, server } = setUp();
  const path = `${IN_APPS}?watch=1&resourceVersion=102&allowWatchBookmarks=true`;
  const { seen, stop } = await watch(fetch, path);
  put("a");
  server.bookmarkWatches();
  put("b");
  put("c");
  await settle();
  assertEquals(seen, ["ADDED c 103"]);
  stop.abort();
});

Deno.test("a watch that begins with what exists says where that ends", async () => {
  const { fetch, put } = setUp();
  put("a");
  const query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true";
  const asked = `${IN_APPS}?${query}&resourceVersionMatch=NotOlderThan`;
  const { seen, stop } = await watch(fetch, asked);
  put("b");
  await settle();
  assertEquals(seen, ["ADDED a 101", "BOOKMARK 101", "ADDED b 102"]);
  stop.abort();
});

Deno.test("initial events are refused without their match, and by a server that has them not", async () => {
  const { json, server } = setUp();
  const path = `${IN_APPS}?watch=1&sendInitialEvents=true`;
  assertEquals((await json(path)).status, 422);
  server.streamsLists = false;
  const { status, body } = await json(`${path}&resourceVersionMatch=NotOlderThan`);
  assertEquals([status, body.reason], [422, "Invalid"]);
});

Deno.test("a client that leaves is forgotten", async () => {
  const { fetch, server, clock } = setUp();
  const { stop } = await watch(fetch, `${IN_APPS}?watch=1&resourceVersion=100`);
  assertEquals(server.watchCount, 1);
  stop.abort();
  await settle();
  assertEquals([server.watchCount, clock.pending], [0, 0]);
});

Deno.test("a prepared answer is given once, to the kind of request that it is for", async () => {
  const { fetch, server } = setUp();
  server.answerNext(1, { code: 503, to: "watch" });
  assertEquals((await fetch(COLLECTION)).status, 200);
  assertEquals((await fetch(`${COLLECTION}?watch=1`)).status, 503);
  server.answerNext(2, { code: 500, reason: "InternalError", message: "boom" });
  server.clearAnswers();
  assertEquals((await fetch(COLLECTION)).status, 200);
  assertEquals(server.requests.map(({ kind }) => kind), ["list", "watch", "list"]);
});

Deno.test("over a socket: lists, watches and breaks as over none", async () => {
  const { store, put } = setUp();
  const server = new FakeApiServer({ store, clock: systemClock });
  const api = await server.serve();
  put("a");
  const list = await (await fetch(new URL(IN_APPS, api.url))).json();
  assertEquals(list.items.length, 1);
  const response = await fetch(new URL(`${IN_APPS}?watch=1&resourceVersion=101`, api.url));
  assertEquals(response.headers.get("content-type"), "application/json");
  const reader = response.body?.getReader();
  assert(reader);
  put("ü".repeat(100_000));
  let bytes = 0;
  while (bytes < 200_000) {
    const { value, done } = await reader.read();
    assert(!done);
    bytes += value.byteLength;
  }
  server.cutWatches();
  const end = await reader.read().then(() => "ended in good order", () => "broken");
  assertEquals(end, "broken");
  await api.close();
});
