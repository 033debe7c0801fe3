import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { objectKey } from "../resources.ts";
import { ExpiredError, ObjectStore, type StoredEvent, type StoredObject } from "./object_store.ts";

const WIDGETS = {
  group: "example.io",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};
const GADGETS = { ...WIDGETS, resource: "gadgets", kind: "Gadget" };

function store(options: ConstructorParameters<typeof ObjectStore>[0] = {}) {
  let uids = 0;
  const made = new ObjectStore({ newUid: () => `uid-${++uids}`, ...options });
  made.register(WIDGETS);
  made.register(GADGETS);
  return made;
}

const names = (objects: StoredObject[]) => objects.map(({ metadata }) => metadata.name);

/** What a client holds that applied these events to these objects. */
function follow(objects: StoredObject[], events: StoredEvent[]): StoredObject[] {
  const held = new Map(objects.map((object) => [objectKey(object.metadata), object]));
  for (const { type, object } of events) {
    const key = objectKey(object.metadata);
    assertEquals(held.has(key), type !== "ADDED", `${type} ${key} makes no sense`);
    if (type === "DELETED") held.delete(key);
    else held.set(key, object);
  }
  return [...held].sort(([a], [b]) => a < b ? -1 : 1).map(([, object]) => object);
}

const step = fc.oneof(
  fc.record({
    do: fc.constantFrom("put" as const, "remove" as const),
    resource: fc.constantFrom(WIDGETS, GADGETS),
    name: fc.constantFrom("a", "b", "c", "d"),
    namespace: fc.constantFrom("n1", "n2"),
  }),
  fc.record({ do: fc.constant("compact" as const), back: fc.nat(5) }),
);

Deno.test("a list at any revision that is still held, and the log from there, give what is there now", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.option(fc.nat(20)), (steps, limit) => {
      const s = store(limit === null ? {} : { historyLimit: limit });
      const seen = new Map<number, StoredObject[]>();
      for (const each of steps) {
        seen.set(s.revision, s.list(WIDGETS));
        if (each.do === "compact") s.compact(s.revision - each.back);
        else if (each.do === "put") {
          const { name, namespace } = each;
          s.put(each.resource, { metadata: { name, namespace } });
        } else s.remove(each.resource, each.name, each.namespace);
      }
      const now = s.list(WIDGETS);
      for (const [revision, then] of seen) {
        if (revision < s.compactedThrough) {
          assertThrows(() => s.since(WIDGETS, revision), ExpiredError);
          assertThrows(() => s.list(WIDGETS, revision), ExpiredError);
          continue;
        }
        assertEquals(s.list(WIDGETS, revision), then, "a list of the past is what it was");
        assertEquals(follow(then, s.since(WIDGETS, revision)), now);
      }
    }),
  );
});

Deno.test("revisions count every change of everything, and objects carry theirs", () => {
  const s = store({ firstRevision: 100 });
  const a = s.put(WIDGETS, { metadata: { name: "a" } });
  const g = s.put(GADGETS, { metadata: { name: "a" } });
  assertEquals([a.metadata.resourceVersion, g.metadata.resourceVersion], ["101", "102"]);
  const gone = s.remove(WIDGETS, "a");
  assertEquals([gone?.metadata.resourceVersion, s.revision], ["103", 103]);
  assertEquals(s.remove(WIDGETS, "a"), undefined);
  assertEquals(s.revision, 103);
});

Deno.test("an object gets apiVersion, kind and uid, and keeps its uid until it is recreated", () => {
  const s = store();
  const first = s.put(WIDGETS, { metadata: { name: "a" }, spec: { size: 1 } });
  assertEquals([first.apiVersion, first.kind], ["example.io/v1", "Widget"]);
  const changed = s.put(WIDGETS, { metadata: { name: "a" }, spec: { size: 2 } });
  assertEquals(changed.metadata.uid, first.metadata.uid);
  s.remove(WIDGETS, "a");
  assert(s.put(WIDGETS, { metadata: { name: "a" } }).metadata.uid !== first.metadata.uid);
  s.register({ ...WIDGETS, group: "", resource: "pods", kind: "Pod" });
  const pod = s.put({ group: "", version: "v1", resource: "pods" }, { metadata: { name: "p" } });
  assertEquals([pod.apiVersion, pod.kind], ["v1", "Pod"]);
});

Deno.test("lists are in the order of namespace and name", () => {
  const s = store();
  for (const [namespace, name] of [["b", "a"], ["a", "z"], ["a", "b"]] as const) {
    s.put(WIDGETS, { metadata: { namespace, name } });
  }
  assertEquals(names(s.list(WIDGETS)), ["b", "z", "a"]);
});

Deno.test("a listener hears of each change after it was made, until it stops", () => {
  const s = store();
  const heard: string[] = [];
  const stop = s.onChange(({ type, object, previous }) => {
    assertEquals(s.get(WIDGETS, object.metadata.name) === undefined, type === "DELETED");
    heard.push(`${type} ${previous === undefined ? "from nothing" : "from something"}`);
  });
  s.put(WIDGETS, { metadata: { name: "a" } });
  s.put(WIDGETS, { metadata: { name: "a" } });
  s.remove(WIDGETS, "a");
  stop();
  s.put(WIDGETS, { metadata: { name: "a" } });
  assertEquals(heard, [
    "ADDED from nothing",
    "MODIFIED from something",
    "DELETED from something",
  ]);
});

Deno.test("a resource that is unregistered loses its objects, one event each", () => {
  const s = store();
  s.put(WIDGETS, { metadata: { name: "a", namespace: "n" } });
  s.put(WIDGETS, { metadata: { name: "b", namespace: "n" } });
  const before = s.revision;
  s.unregister(WIDGETS);
  assertEquals(s.since(WIDGETS, before).map(({ type }) => type), ["DELETED", "DELETED"]);
  assertEquals([s.find(WIDGETS), s.list(WIDGETS)], [undefined, []]);
  assertThrows(() => s.put(WIDGETS, { metadata: { name: "a" } }), TypeError, "does not serve");
  s.unregister(WIDGETS);
});
