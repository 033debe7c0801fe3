import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KubeError } from "./errors.ts";
import {
  type ReflectorControl,
  type ReflectorOptions,
  type ReflectorState,
  watchResources,
} from "./reflector.ts";
import type { KubeObject } from "./resources.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock, settle } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";
import { ObjectStore } from "./testing/object_store.ts";

const WIDGETS = {
  group: "example.io",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};

/** A reflector on a server that the test drives, and everything it said. */
function follow(options: Partial<ReflectorOptions<KubeObject>> & { served?: boolean } = {}) {
  const { served = true, ...more } = options;
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock, store: new ObjectStore({ firstRevision: 100 }) });
  if (served) server.store.register(WIDGETS);
  const stop = new AbortController();
  const events: string[] = [];
  const states: ReflectorState[] = [];
  let synced = 0;
  const run = () =>
    watchResources({
      client: { fetch: inProcessFetch(server.handle) },
      gvr: WIDGETS,
      namespace: "apps",
      onEvent: (event) => events.push(`${event.type} ${event.key}`),
      onSynced: () => synced++,
      onState: (state) => states.push(state),
      signal: stop.signal,
      clock,
      random: () => 0.5,
      ...more,
    });
  const put = (name: string, labels?: Record<string, string>) =>
    server.store.put(WIDGETS, {
      metadata: { name, namespace: "apps", ...(labels === undefined ? {} : { labels }) },
    });
  const remove = (name: string) => server.store.remove(WIDGETS, name, "apps");
  const requests = () =>
    server.requests.map(({ kind, url }) =>
      `${kind} ${url.searchParams.get("resourceVersion") ?? ""}`
    );
  const last = () => states.at(-1);
  const finish = async (done: Promise<void>) => {
    stop.abort();
    await done;
    server.close();
    assertEquals(clock.pending, 0, "a stopped loop leaves no timer behind");
  };
  return {
    clock,
    server,
    stop,
    events,
    states,
    run,
    put,
    remove,
    requests,
    last,
    finish,
    synced: () => synced,
  };
}

Deno.test("a reflector tells what exists, says that it is in step, and follows", async () => {
  const f = follow();
  f.put("a");
  f.put("b");
  const done = f.run();
  await settle();
  assertEquals(f.events, ["added apps/a", "added apps/b"]);
  assertEquals(f.synced(), 1);
  f.put("a");
  f.remove("b");
  await settle();
  assertEquals(f.events.slice(2), ["modified apps/a", "deleted apps/b"]);
  assertEquals(f.states.map(({ phase, synced }) => [phase, synced]), [
    ["listing", false],
    ["listing", true],
    ["resuming", true],
    ["watching", true],
  ]);
  await f.finish(done);
  assertEquals(f.last()?.phase, "stopped");
});

Deno.test("an empty collection is in step, too", async () => {
  const f = follow();
  const done = f.run();
  await settle();
  assertEquals([f.synced(), f.last()?.phase], [1, "watching"]);
  await f.finish(done);
});

Deno.test("a cut watch is resumed from the last event, without a list and without repetition", async () => {
  const f = follow();
  f.put("a");
  const done = f.run();
  await settle();
  f.put("b");
  await settle();
  f.server.cutWatches();
  f.put("c");
  f.remove("a");
  await f.clock.advance(500);
  assertEquals(f.requests(), ["list ", "watch 101", "watch 102"]);
  assertEquals(f.events, ["added apps/a", "added apps/b", "added apps/c", "deleted apps/a"]);
  await f.finish(done);
});

Deno.test("a bookmark moves the place to resume from", async () => {
  const f = follow();
  const done = f.run();
  await settle();
  f.server.store.put(WIDGETS, { metadata: { name: "elsewhere", namespace: "other" } });
  f.server.bookmarkWatches();
  await settle();
  f.server.cutWatches();
  f.server.store.compact();
  await f.clock.advance(500);
  assertEquals(f.requests(), ["list ", "watch 100", "watch 101"]);
  await f.finish(done);
});

Deno.test("an old event that comes late does not move the place to resume from backwards", async () => {
  const f = follow();
  const done = f.run();
  await settle();
  f.server.holdChanges();
  f.put("a");
  f.put("b");
  f.server.releaseChanges((changes) => changes.reverse());
  await settle();
  f.server.cutWatches();
  await f.clock.advance(500);
  assertEquals(f.requests().at(-1), "watch 102");
  assertEquals(f.events, ["added apps/b", "added apps/a"]);
  await f.finish(done);
});

Deno.test("a watch that only repeats the past has proved nothing, and is followed by a list", async () => {
  const f = follow();
  f.put("a");
  f.put("b");
  const done = f.run();
  await settle();
  f.remove("b");
  await settle();
  f.server.cutWatches();
  await f.clock.advance(500);
  assertEquals(f.requests().at(-1), "watch 103");
  f.server.writeToWatches(
    `${
      JSON.stringify({ type: "ADDED", object: { metadata: { name: "b", resourceVersion: "102" } } })
    }\n`,
  );
  await settle();
  f.server.muteWatches();
  await f.clock.advance(180_000);
  assertEquals(f.requests().slice(-2), ["list ", "watch 103"]);
  await f.finish(done);
});

Deno.test("an orderly renewal of the watch is no change of state", async () => {
  const f = follow({ timing: { watchTimeoutSeconds: 120 } });
  const done = f.run();
  await settle();
  const before = f.states.length;
  await f.clock.advance(1_800_000);
  assertEquals(f.requests().length, 2 + 10, "one watch each 120 s × 1.5, and one list in all");
  assertEquals(f.states.length, before);
  await f.finish(done);
});

Deno.test("a silent connection is given up after the idle time and listed anew, as no failure", async () => {
  const f = follow();
  const done = f.run();
  await settle();
  f.server.muteWatches();
  f.put("a");
  await f.clock.advance(179_000);
  assertEquals(f.events, []);
  await f.clock.advance(1_000);
  assertEquals(f.events, ["added apps/a"]);
  assertEquals(f.requests(), ["list ", "watch 100", "list ", "watch 101"]);
  assertEquals([f.last()?.phase, f.last()?.error], ["watching", undefined]);
  await f.finish(done);
});

Deno.test("a connection that falls silent after it spoke is resumed without a list", async () => {
  const f = follow();
  const done = f.run();
  await settle();
  f.put("a");
  await settle();
  f.server.muteWatches();
  f.put("b");
  await f.clock.advance(180_000);
  assertEquals(f.requests(), ["list ", "watch 100", "watch 101"]);
  assertEquals(f.events, ["added apps/a", "added apps/b"]);
  await f.finish(done);
});

Deno.test("a deletion that nobody saw is told by the list after a 410, without an object", async () => {
  const shown: (KubeObject | undefined)[] = [];
  const f = follow({
    onEvent: (event) => {
      if (event.type === "deleted") shown.push(event.object);
    },
  });
  f.put("a");
  f.put("b");
  const done = f.run();
  await settle();
  f.server.cutWatches();
  f.remove("a");
  f.server.store.compact();
  f.remove("b");
  await f.clock.advance(1_000);
  assertEquals(f.requests(), ["list ", "watch 102", "watch 102", "list ", "watch 104"]);
  assertEquals(shown, [undefined, undefined]);
  await f.finish(done);
});

Deno.test("a deletion that came as an event shows the object's last state", async () => {
  const shown: (KubeObject | undefined)[] = [];
  const f = follow({
    onEvent: (event) => {
      if (event.type === "deleted") shown.push(event.object);
    },
  });
  f.put("a", { team: "core" });
  const done = f.run();
  await settle();
  f.remove("a");
  await settle();
  assertEquals(shown[0]?.metadata.labels, { team: "core" });
  await f.finish(done);
});

Deno.test("an object that leaves the selection is deleted for the caller", async () => {
  const f = follow({ labelSelector: "team=core" });
  f.put("a", { team: "core" });
  f.put("b", { team: "other" });
  const done = f.run();
  await settle();
  f.put("a", { team: "other" });
  f.put("b", { team: "core" });
  await settle();
  assertEquals(f.events, ["added apps/a", "deleted apps/a", "added apps/b"]);
  await f.finish(done);
});

Deno.test("a missing CRD is reported as such, and picked up when it appears", async () => {
  const f = follow({ served: false });
  const done = f.run();
  await settle();
  const { phase, error, synced, retryAt } = f.last() ?? {};
  assertEquals([phase, error?.code, synced], ["backing-off", "crd-missing", false]);
  assertEquals(
    error?.message,
    "widgets.example.io/v1 is not served by this cluster: is its CRD installed?",
  );
  assertEquals(retryAt, f.clock.now() + 7_500);
  await f.clock.advance(60_000);
  assertEquals(f.requests().length, 9, "asked every 7.5 s");
  f.server.store.register(WIDGETS);
  f.put("a");
  await f.clock.advance(7_500);
  assertEquals([f.last()?.phase, f.last()?.error, f.synced()], ["watching", undefined, 1]);
  assertEquals(f.events, ["added apps/a"]);
  await f.finish(done);
});

Deno.test("a CRD that is deleted takes its objects along, and may come back", async () => {
  const f = follow();
  f.put("a");
  const done = f.run();
  await settle();
  f.server.removeResource(WIDGETS);
  await f.clock.advance(30_000);
  assertEquals(f.events, ["added apps/a", "deleted apps/a"]);
  assertEquals([f.last()?.error?.code, f.last()?.synced], ["crd-missing", true]);
  f.server.store.register(WIDGETS);
  f.put("a");
  await f.clock.advance(30_000);
  assertEquals(f.events.slice(2), ["added apps/a"]);
  assertEquals([f.last()?.error, f.synced()], [undefined, 1]);
  await f.finish(done);
});

for (const [code, name] of [[401, "unauthorized"], [403, "forbidden"]] as const) {
  Deno.test(`HTTP ${code} is reported as ${name}, and retried slowly when it stays`, async () => {
    const f = follow();
    f.server.answerNext(6, { code, message: "no" });
    const done = f.run();
    // Four quick attempts after the first, as an API server that has just started deserves.
    await f.clock.advance(8_000);
    assertEquals([f.last()?.error?.code, f.requests().length], [name, 5]);
    await f.clock.advance(14_000);
    assertEquals(f.requests().length, 5);
    await f.clock.advance(60_000);
    assertEquals(f.last()?.phase, "watching");
    await f.finish(done);
  });
}

Deno.test("Retry-After is obeyed", async () => {
  const f = follow();
  f.server.answerNext(1, { code: 429, headers: { "retry-after": "20" } });
  const done = f.run();
  await f.clock.advance(21_000);
  assertEquals(f.requests().length, 1);
  await f.clock.advance(1_000);
  assertEquals(f.last()?.phase, "watching");
  await f.finish(done);
});

Deno.test("a list whose continue token expires is read again in one answer", async () => {
  const f = follow({ pageSize: 2 });
  for (const name of ["a", "b", "c", "d"]) f.put(name);
  const done = f.run();
  // The first page has been served, the second not: the token's version is compacted in between.
  while (f.server.requests.length < 1) await null;
  f.put("e");
  f.server.store.compact();
  await settle();
  const lists = f.server.requests.filter(({ kind }) => kind === "list");
  assertEquals(lists.map(({ url }) => url.searchParams.get("limit")), ["2", "2", null]);
  assertEquals(f.events.sort(), ["a", "b", "c", "d", "e"].map((name) => `added apps/${name}`));
  await f.finish(done);
});

Deno.test("a cluster restored to an earlier version is followed again", async () => {
  let control: ReflectorControl | undefined;
  const f = follow({ onStart: (given) => control = given });
  const put = (server: FakeApiServer, name: string, uid: string) =>
    server.store.put(WIDGETS, { metadata: { name, namespace: "apps", uid } });
  put(f.server, "a", "a-uid");
  put(f.server, "b", "b-uid");
  put(f.server, "c", "c-uid");
  const done = f.run();
  await settle();
  // The backup is from before c, and versions go on from there: ours lies in the future.
  const restored = new FakeApiServer({
    clock: f.clock,
    store: new ObjectStore({ firstRevision: 50 }),
  });
  restored.store.register(WIDGETS);
  put(restored, "a", "a-uid");
  put(restored, "b", "b-uid");
  for (let i = 0; i < 10; i++) {
    f.server.answerNextWith(() => {
      const request = f.server.requests.at(-1);
      assert(request);
      return restored.handle(new Request(request.url));
    });
  }
  assertEquals(control?.progress, { complete: "103", told: "103" });
  f.server.cutWatches();
  await f.clock.advance(10_000);
  put(restored, "d", "d-uid");
  await f.clock.advance(170_000);
  assertEquals(f.events.slice(3), [], "the server accepts the watch and says nothing");
  await f.clock.advance(1_000);
  assertEquals(f.events.slice(3), [
    "modified apps/a",
    "modified apps/b",
    "added apps/d",
    "deleted apps/c",
  ]);
  assertEquals(control?.progress, { complete: "53", told: "53" });
  put(restored, "d", "d-uid");
  await settle();
  assertEquals(f.events.at(-1), "modified apps/d");
  assertEquals(f.last()?.phase, "watching");
  f.stop.abort();
  await done;
  restored.close();
});

Deno.test("objects are pruned on arrival, and nothing else reaches the caller", async () => {
  const clock = new FakeClock();
  const server = new FakeApiServer({ clock });
  server.store.register(WIDGETS);
  server.store.put(WIDGETS, { metadata: { name: "a" }, spec: { size: 3 } });
  const stop = new AbortController();
  const sizes: (number | undefined)[] = [];
  const done = watchResources<number>({
    client: { fetch: inProcessFetch(server.handle) },
    gvr: WIDGETS,
    prune: (object) => (object.spec as { size: number }).size,
    onEvent: (event) => sizes.push(event.object),
    signal: stop.signal,
    clock,
  });
  await settle();
  server.store.put(WIDGETS, { metadata: { name: "a" }, spec: { size: 4 } });
  server.store.remove(WIDGETS, "a");
  await settle();
  assertEquals(sizes, [3, 4, 4]);
  stop.abort();
  await done;
});

Deno.test("a change that the caller fails on is reported, and offered again", async () => {
  let failures = 1;
  const events: string[] = [];
  const f = follow({
    onEvent: (event) => {
      if (failures-- > 0) throw new Error("disk full");
      events.push(`${event.type} ${event.key} ${event.object?.metadata.resourceVersion}`);
    },
  });
  const done = f.run();
  await settle();
  f.put("a");
  await settle();
  const { phase, error } = f.last() ?? {};
  assertEquals([phase, error?.code], ["backing-off", "handler-failed"]);
  assertEquals(error?.message, "onEvent(added apps/a) threw: disk full");
  assertEquals(events, []);
  await f.clock.advance(1_000);
  assertEquals(events, ["added apps/a 101"]);
  assertEquals([f.last()?.phase, f.last()?.error], ["watching", undefined]);
  await f.finish(done);
});

Deno.test("one object that the caller can never take does not hold up the others", async () => {
  const events: string[] = [];
  const f = follow({
    onEvent: ({ type, key }) => {
      if (key === "apps/poison") throw new KubeError("gone", "not the server's fault");
      events.push(`${type} ${key}`);
    },
  });
  f.put("a");
  f.put("poison");
  f.put("z");
  const done = f.run();
  await settle();
  assertEquals(events, ["added apps/a", "added apps/z"]);
  assertEquals([f.last()?.error?.code, f.synced()], ["handler-failed", 0]);
  f.put("b");
  f.remove("a");
  await f.clock.advance(60_000);
  assertEquals(events.slice(2).sort(), ["added apps/b", "deleted apps/a"]);
  assertEquals([f.last()?.error?.code, f.synced()], ["handler-failed", 0]);
  f.remove("poison");
  await f.clock.advance(60_000);
  assertEquals([f.last()?.phase, f.last()?.error, f.synced()], ["watching", undefined, 1]);
  await f.finish(done);
});

Deno.test("a poisonous event in a watch does not hold up the others for long", async () => {
  const events: string[] = [];
  const f = follow({
    onEvent: ({ type, key }) => {
      if (key === "apps/poison") throw new Error("never");
      events.push(`${type} ${key}`);
    },
  });
  const done = f.run();
  await settle();
  f.put("poison");
  f.put("a");
  await f.clock.advance(30_000);
  assertEquals(events, ["added apps/a"]);
  f.put("b");
  await f.clock.advance(60_000);
  assertEquals(events, ["added apps/a", "added apps/b"]);
  await f.finish(done);
});

for (const name of ["onState", "onSynced"] as const) {
  Deno.test(`an error thrown by ${name} ends the loop, aloud`, async () => {
    const f = follow({
      [name]: () => {
        throw new Error("my own bug");
      },
    });
    const error = await assertRejects(f.run, KubeError);
    assertEquals([error.code, error.message], ["handler-failed", `${name} threw: my own bug`]);
    await settle();
    assertEquals([f.server.watchCount, f.clock.pending], [0, 0]);
  });
}

Deno.test("an aborted signal stops the loop wherever it is", async () => {
  const before = follow();
  before.stop.abort();
  await before.run();
  assertEquals(before.server.requests.length, 0);

  const listing = follow();
  listing.server.answerNextWith(() => new Promise<never>(() => {}));
  let done = listing.run();
  await settle();
  await listing.finish(done);

  const waiting = follow();
  waiting.server.answerNext(1, { code: 500 });
  done = waiting.run();
  await settle();
  assertEquals(waiting.last()?.phase, "backing-off");
  await waiting.finish(done);

  const watching = follow();
  done = watching.run();
  await settle();
  assertEquals(watching.server.watchCount, 1);
  await watching.finish(done);
  assertEquals(watching.server.watchCount, 0);
  assertEquals(watching.last()?.phase, "stopped");
  assertEquals(watching.last()?.error, undefined);
});

Deno.test("a state says since when, and keeps the error while it retries", async () => {
  const f = follow();
  const start = f.clock.now();
  f.server.answerNext(3, { code: 500, message: "etcdserver: no leader" });
  const done = f.run();
  await settle();
  assertEquals(f.states.map(({ phase, error }) => [phase, error?.code]), [
    ["listing", undefined],
    ["listing", "server-error"],
    ["backing-off", "server-error"],
  ]);
  assertStringIncludes(f.last()?.error?.message ?? "", "etcdserver: no leader");
  assertEquals(f.last()?.since, start);
  await f.clock.advance(10_000);
  assertEquals([f.last()?.phase, f.last()?.error], ["watching", undefined]);
  assert((f.last()?.since ?? 0) > start);
  await f.finish(done);
});

Deno.test("a list by a stream tells what a list in pages tells", async () => {
  const { server, clock, events, run, finish, requests, put, remove } = follow({
    streamLists: true,
  });
  put("a");
  put("b");
  const done = run();
  await settle();
  assertEquals([requests(), events], [
    ["list ", "watch 102"],
    ["added apps/a", "added apps/b"],
  ]);
  server.cutWatches();
  remove("a");
  put("b");
  put("c");
  server.store.compact();
  await clock.advance(1_000);
  assertEquals(events.slice(2).sort(), ["added apps/c", "deleted apps/a", "modified apps/b"]);
  await finish(done);
});

Deno.test("a server that lists by no stream is asked in pages, and not again", async () => {
  const { server, clock, run, finish, requests, last, put } = follow({
    streamLists: true,
    pageSize: 1,
  });
  server.streamsLists = false;
  put("a");
  put("b");
  const done = run();
  await settle();
  assertEquals([requests(), last()?.error], [["list ", "list ", "list ", "watch 102"], undefined]);
  const before = requests().length;
  server.failWatches(410, "Expired", "too old");
  await clock.advance(1_000);
  assertEquals(requests().slice(before), ["list ", "list ", "watch 102"]);
  await finish(done);
});

Deno.test("a stream that breaks half-way deletes nothing and is begun anew", async () => {
  const { server, clock, events, run, finish, last, put } = follow({ streamLists: true });
  put("a");
  put("b");
  const line = JSON.stringify({ type: "ADDED", object: put("a") });
  server.answerNextWith(() => new Response(`${line}\n`), "list");
  const done = run();
  await settle();
  assertEquals([last()?.error?.code, last()?.synced], ["unreachable", false]);
  await clock.advance(1_000);
  assertEquals([events, last()?.synced], [["added apps/a", "added apps/b"], true]);
  await finish(done);
});

Deno.test("progress says what is complete, and the latest change that was told", async () => {
  let control: ReflectorControl | undefined;
  const { server, clock, run, finish, put, remove } = follow({
    onStart: (given) => control = given,
  });
  put("a");
  put("b");
  const done = run();
  assertEquals(control?.progress, { complete: "", told: "" });
  await settle();
  assertEquals(control?.progress, { complete: "102", told: "102" });
  // Changes of other resources move the store, and only a bookmark says so.
  server.store.register({ ...WIDGETS, resource: "gadgets" });
  server.store.put({ ...WIDGETS, resource: "gadgets" }, { metadata: { name: "x" } });
  server.bookmarkWatches();
  await settle();
  assertEquals(control?.progress, { complete: "103", told: "102" });
  remove("a");
  await settle();
  assertEquals(control?.progress, { complete: "104", told: "104" });
  await clock.advance(0);
  await finish(done);
});

Deno.test("a list can be asked for, and is told from one that was under way", async () => {
  let control: ReflectorControl | undefined;
  const { server, clock, run, finish, requests, events, put } = follow({
    onStart: (given) => control = given,
  });
  put("a");
  const done = run();
  await settle();
  assertEquals(requests(), ["list ", "watch 101"]);
  let listed = 0;
  const relist = () => control?.relist().then(() => listed++);
  relist();
  relist();
  await settle();
  assertEquals([listed, requests()], [2, ["list ", "watch 101", "list ", "watch 101"]]);
  assertEquals(events, ["added apps/a"], "what has not changed is not told again");

  // A list that fails keeps whoever waits for it waiting.
  server.answerNext(1, { code: 500 });
  relist();
  await settle();
  assertEquals(listed, 2);
  await clock.advance(1_000);
  assertEquals(listed, 3);

  // One that began before does not count.
  const held = Promise.withResolvers<Response>();
  server.answerNextWith(() => held.promise);
  relist();
  await settle();
  relist();
  held.resolve(Response.json({
    kind: "WidgetList",
    metadata: { resourceVersion: "101" },
    items: [{ metadata: { name: "a", namespace: "apps", uid: "x", resourceVersion: "101" } }],
  }));
  const before = requests().length;
  await settle();
  assertEquals([listed, requests().slice(before)], [5, ["list ", "watch 101"]]);
  await finish(done);
  await control?.relist();
});

Deno.test("whoever waits for a list is let go when the loop stops", async () => {
  let control: ReflectorControl | undefined;
  const { server, run, finish } = follow({ onStart: (given) => control = given });
  server.answerNextWith(() => new Promise<never>(() => {}));
  const done = run();
  const listed = control?.relist();
  await settle();
  await finish(done);
  await listed;
});

Deno.test("a resource that is looked up follows its kind from one version to the next", async () => {
  const other = { ...WIDGETS, version: "v2" };
  let asked = 0;
  let current: typeof WIDGETS | undefined;
  const { server, clock, events, last, run, finish, put } = follow({
    served: false,
    gvr: () => {
      asked++;
      if (current !== undefined) return Promise.resolve(current);
      return Promise.reject(new KubeError("crd-missing", "no widgets here"));
    },
  });
  const done = run();
  await clock.advance(1_000);
  assertEquals([last()?.error?.code, server.requests.length], ["crd-missing", 0]);
  current = WIDGETS;
  server.store.register(WIDGETS);
  const a = put("a");
  put("b");
  await clock.advance(10_000);
  assertEquals([last()?.phase, events], ["watching", ["added apps/a", "added apps/b"]]);

  // The API server converts: the same objects, at the same versions, under another path.
  current = other;
  server.store.register(other);
  server.store.put(other, { metadata: { ...a.metadata } });
  server.removeResource(WIDGETS);
  events.length = 0;
  await clock.advance(20_000);
  assertEquals(last()?.phase, "watching");
  assertEquals(server.requests.at(-1)?.url.pathname, "/apis/example.io/v2/namespaces/apps/widgets");
  assertEquals(events.filter((event) => event.startsWith("added")).length, 1);
  assertEquals(asked < 8, true);
  await finish(done);
});
