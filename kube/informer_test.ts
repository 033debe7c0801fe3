import { assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "./resources.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock, settle } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";
import { type CacheChange, Informer } from "./informer.ts";

const PODS = { group: "", version: "v1", resource: "pods" };

function pod(name: string, node: string): KubeObject {
  return { metadata: { name, namespace: "demo" }, spec: { node } };
}

async function inWorld(
  test: (world: {
    api: FakeApiServer;
    informer: Informer<KubeObject>;
    changes: CacheChange<KubeObject>[];
  }) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const api = new FakeApiServer({ clock });
  api.store.register({ ...PODS, kind: "Pod", namespaced: true });
  const informer = new Informer<KubeObject>({
    kind: "Pod",
    gvr: PODS,
    client: { fetch: inProcessFetch(api.handle) },
    read: (object) => object,
    indexes: { node: ({ spec }) => [(spec as { node: string }).node] },
    clock,
  });
  const changes: CacheChange<KubeObject>[] = [];
  informer.onChange((change) => changes.push(change));
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  await settle();
  try {
    await test({ api, informer, changes });
  } finally {
    stop.abort();
    await settle();
    await running;
    api.close();
  }
}

const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name);

Deno.test("objects are found by key and by index, which follow every change", () =>
  inWorld(async ({ api, informer, changes }) => {
    assertEquals(informer.status, { state: "synced", objects: 0 });
    api.store.put(PODS, pod("a", "n1"));
    api.store.put(PODS, pod("b", "n1"));
    await settle();
    assertEquals(names(informer.by("node", "n1")), ["a", "b"]);
    api.store.put(PODS, pod("a", "n2"));
    api.store.remove(PODS, "b", "demo");
    await settle();
    assertEquals([names(informer.by("node", "n1")), names(informer.by("node", "n2"))], [[], ["a"]]);
    assertEquals(informer.get("demo/b"), undefined);
    assertEquals(
      changes.map(({ key, object, previous }) => [key, object?.spec, previous?.spec]),
      [
        ["demo/a", { node: "n1" }, undefined],
        ["demo/b", { node: "n1" }, undefined],
        ["demo/a", { node: "n2" }, { node: "n1" }],
        ["demo/b", undefined, { node: "n1" }],
      ],
    );
    assertThrows(() => informer.by("owner", "x"), TypeError, "Pod has no index owner");
  }));

Deno.test("the answer to a write counts at once, and an older event does not take it back", () =>
  inWorld(async ({ api, informer }) => {
    api.store.put(PODS, pod("a", "n1"));
    await settle();
    api.holdChanges();
    api.store.put(PODS, pod("a", "n2"));
    informer.note(api.store.put(PODS, pod("a", "n3")));
    assertEquals(names(informer.by("node", "n3")), ["a"]);
    // Only the older of the two events has come so far.
    api.releaseChanges((changes) => changes.slice(0, 1));
    await settle();
    assertEquals(names(informer.by("node", "n3")), ["a"]);
    assertEquals(names(informer.by("node", "n2")), []);
    api.store.put(PODS, pod("a", "n4"));
    await settle();
    assertEquals(names(informer.by("node", "n4")), ["a"], "what is newer counts again");
  }));

Deno.test("the late answer to a write does not bring back what was deleted or made anew", () =>
  inWorld(async ({ api, informer }) => {
    const first = api.store.put(PODS, pod("a", "n1"));
    await settle();
    api.store.remove(PODS, "a", "demo");
    await settle();
    informer.note(first);
    assertEquals(informer.get("demo/a"), undefined);
    api.store.put(PODS, pod("a", "n2"));
    await settle();
    informer.note({ ...first, metadata: { ...first.metadata, resourceVersion: "999" } });
    assertEquals(informer.get("demo/a")?.spec, { node: "n2" });
  }));
